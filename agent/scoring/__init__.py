"""Scores of tool calls, for a model (`train eval`) and for an agent (`bench`): pure functions, no model, no torch."""
