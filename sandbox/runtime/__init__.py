"""What runs inside the kernel. `toolcoder_runtime` is copied into the image; it imports nothing of the host's packages."""
