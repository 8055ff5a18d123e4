"""Supervised fine-tuning with MAE and PKT, on TRL's `SFTTrainer`. `run.train_sft` is the way in."""
