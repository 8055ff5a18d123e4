"""Does the agent get cheaper as it works, and not by wrong reuse? `bench curve` and `bench near-misses`."""
