"""The reusable function repository: what ran once is found again by the meaning of a subtask. See README.md."""
