"""The chat line by line: for screen readers and simple terminals (`--plain`), and for who wants the answers in the
terminal's own scrollback (`--inline`)."""
