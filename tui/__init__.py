"""The command line and the chat: everything a person sees, wired over `agent` and `sandbox`."""
