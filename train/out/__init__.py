"""What leaves a run: a whole model out of an adapter, safetensors for others, the promotion to the default model."""
