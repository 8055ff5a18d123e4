"""The reward of a live call, where there is no gold: the category of its feedback decides.

The categories that the broker tells apart are the table's rows, seen from the other side:

| feedback | reward | because |
|---|---|---|
| All Right | all_right, +1 | the tool answered |
| Tool Hallucination | tool_hallucination, -2 | the name is not declared |
| Parameter Hallucination | hallucinated, -0.8 | Python or the schema refused a parameter that is not declared |
| Parameter Missing | missing, -0.5 | a required parameter was left out |
| Tool Call Failure | value, -0.25 | the names were right; the values made the tool fail |
| Others | value, -0.25 | the tool says that it has no such thing: a value that fits no entry |
| Tool Instability | no reward at all | the service failed, whatever was called; a mean leaves it out |

What cannot be seen live is the wrong tool and the redundant parameter: a call that works is All Right, wanted or not.
Whether it was wanted is what the end of the roll-out says (`rejected_cap` in `train.reward.program`), and a model
that learns to call what always works, whatever the question, is what `train.rl.guard` stops.
"""

from __future__ import annotations

from agent.calls.categories import Category
from train.reward.table import PAPER, ErrorKind, Rewarded, RewardTable


def live_reward(category: Category, table: RewardTable = PAPER) -> Rewarded | None:
    """The reward of a call by its feedback's category; None where the feedback says nothing of the call."""
    match category:
        case Category.ALL_RIGHT:
            return Rewarded(table.all_right, ErrorKind.ALL_RIGHT)
        case Category.TOOL_HALLUCINATION:
            return Rewarded(table.tool_hallucination, ErrorKind.TOOL_HALLUCINATION, why=category.value)
        case Category.PARAMETER_HALLUCINATION:
            return Rewarded(table.hallucinated, ErrorKind.PARAMETERS, ("hallucinated",), category.value)
        case Category.PARAMETER_MISSING:
            return Rewarded(table.missing, ErrorKind.PARAMETERS, ("missing",), category.value)
        case Category.TOOL_CALL_FAILURE | Category.OTHERS:
            return Rewarded(table.value, ErrorKind.VALUE, why=category.value)
        case Category.TOOL_INSTABILITY:
            return None
