"""Tools on the host: where they come from and how the broker's calls are answered."""
