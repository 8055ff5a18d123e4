"""The words: a prompt set per kind of model, rendered by pure functions. `train` may import this package."""
