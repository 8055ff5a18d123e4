"""The kernel's image: what it is made of and how it is built."""
