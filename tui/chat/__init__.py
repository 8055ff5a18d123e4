"""The chat: a transcript, a prompt, a status line; the session lives in a thread of its own (`bridge`)."""
