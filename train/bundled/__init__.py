"""Trains the bundled model from scratch on tasks that a grammar makes; `python -m train.bundled --help`."""
