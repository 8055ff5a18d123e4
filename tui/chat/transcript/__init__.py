"""What was said and done: one card per turn."""
