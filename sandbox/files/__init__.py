"""Files on the host's side of the sandbox: what a program may see, what it changed, and how that comes back."""
