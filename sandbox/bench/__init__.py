"""The sandbox's benchmark: `toolcoder sandbox bench` and `make bench` measure with it; `measure.py` is its face."""
