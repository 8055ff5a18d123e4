"""Reinforcement learning by the paper's reward: PPO of our own, GRPO and RLOO by TRL's trainers. See README.md here."""
