"""What `toolcoder train eval` does: models, answers and benchmarks brought together, the result printed."""
