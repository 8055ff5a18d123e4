"""MAE, mitigating adverse effects: which calls of a trajectory went wrong, and the masks that follow (PAPERS 2.1)."""
