"""Files of others, read as rows and as items of an evaluation. Nothing here imports torch."""
