"""Run folders: what a training run was started with, how it goes, and what came out. `reader` needs no torch."""
