"""The ToolCoder loop: one question in, typed events out."""
