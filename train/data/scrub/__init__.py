"""Personal data and secrets out of a dataset, by rule; what stands in their place keeps the tasks solvable."""
