"""Setting up by itself: what `make` runs before anything else (`python3 -m tui.setup run`).

Standard library only, since it runs on the system's Python before `.venv` exists. Every step asks first whether it is
done already, so that a second run costs a few milliseconds and a run after an interruption goes on where it stopped.
"""
