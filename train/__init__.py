"""Session logs to training runs, and the bundled model made from nothing."""
