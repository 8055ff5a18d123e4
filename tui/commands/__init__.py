"""The commands, one module per group. Bodies import what they need when they run: `--help` must stay quick."""
