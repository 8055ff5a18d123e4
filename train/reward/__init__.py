"""The paper's reward by error category (TL-Training, 3.3): of a call, a program, a live call; no torch.

`table` compares a call with its gold, `program` judges programs by the broker's record, `live` goes by the feedback's
category where there is no gold, `trl` is the same in the signature of TRL's trainers.
"""

from train.reward.table import PAPER, ErrorKind, Rewarded, RewardTable, reward_of_answer, reward_of_call

__all__ = ["PAPER", "ErrorKind", "RewardTable", "Rewarded", "reward_of_answer", "reward_of_call"]
