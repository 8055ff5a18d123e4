"""Training configurations as files: those that ship (`toolcoder train sft --config NAME`), and how one is read."""
