"""The session log: written by the loop, read by `sessions`, resuming and `train`. See README.md."""
