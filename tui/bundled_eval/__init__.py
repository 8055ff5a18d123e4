"""How well the bundled model answers: whole turns of the agent in the real sandbox. `toolcoder bench bundled`."""
