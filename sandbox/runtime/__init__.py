"""What runs inside the kernel. `toolcoder_runtime` is copied into the image and imports none of the host's packages."""
