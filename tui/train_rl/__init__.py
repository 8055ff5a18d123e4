"""`toolcoder train rl`: the wires between the agent's environments, training and the command."""
