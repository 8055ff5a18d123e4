"""`toolcoder train data`: from what was logged to what is trained on. No torch here."""
