"""Python functions as tools: in our own process for the catalogue, in a worker process for everybody's else."""
