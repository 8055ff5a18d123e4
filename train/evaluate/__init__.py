"""`toolcoder train eval`: how good a model is at calling tools, and how sure one may be of it."""
