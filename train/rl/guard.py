"""When to stop: the policy left its reference, or it found a form that pays instead of the right call.

Pure: a step's figures go in, a reason comes out. Both signs must last `window` steps, so that one odd batch stops no
run; a figure that is no number stops it at once.

Gamed by format means one of three things, each while the mean reward rose above that of the first steps:
- the same: nearly every question gets the same answer, though the questions differ, and no more calls are right;
- the hollow: fewer format errors, but clearly fewer right calls than at the start;
- the endless: a good call and then text up to the limit, which the reward does not see.
"""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from train.reward.table import ErrorKind
from train.rl.batch import Episode

_SAME, _ENDLESS, _HOLLOW, _RISE = 0.8, 0.9, 0.5, 0.1


@dataclass(frozen=True)
class Sign:
    """A step: shares are of its episodes. `same`: of the commonest answer, less that of the commonest question."""

    reward: float
    kl: float
    right: float
    misformed: float
    same: float
    unfinished: float
    commonest: str = ""


def sign_of(episodes: Sequence[Episode], kl: float) -> Sign:
    """The figures of a batch."""
    n = len(episodes)
    answers, questions = Counter(e.said for e in episodes), Counter(e.question for e in episodes)
    commonest, n_commonest = answers.most_common(1)[0]
    kinds = [[r.kind for r in e.rewards] for e in episodes]
    return Sign(
        reward=sum(e.reward for e in episodes) / n,
        kl=kl,
        right=sum(bool(k) and all(kind is ErrorKind.ALL_RIGHT for kind in k) for k in kinds) / n,
        misformed=sum(ErrorKind.FORMAT in k for k in kinds) / n,
        same=(n_commonest - questions.most_common(1)[0][1]) / n,
        unfinished=sum(not e.is_finished for e in episodes) / n,
        commonest=commonest,
    )


@dataclass
class Guard:
    """Keeps the first and the last `window` steps. `has_gold`: whether `right` means right, or only that it worked."""

    window: int
    kl_limit: float
    has_gold: bool = True
    first: list[Sign] = field(default_factory=list)
    last: deque[Sign] = field(default_factory=deque)

    def look(self, sign: Sign, *figures: float) -> str | None:
        """Why the run must stop after this step, or None. `figures`: losses and norms that must be numbers."""
        if not all(math.isfinite(figure) for figure in (sign.reward, sign.kl, *figures)):
            return "a loss or the KL is no number any more: lower actor_lr and critic_lr"
        if len(self.first) < self.window:
            self.first.append(sign)
        self.last.append(sign)
        if len(self.last) > self.window:
            self.last.popleft()
        if len(self.last) < self.window:
            return None
        kl = _mean(self.last, "kl")
        if kl > self.kl_limit and min(s.kl for s in self.last) > self.kl_limit / 2:
            return (
                f"the KL exploded: {kl:.1f} nats an answer over {self.window} steps, the limit is {self.kl_limit:g}; "
                "lower actor_lr, raise kl_coef, or set kl_target"
            )
        return self._gamed()

    def state(self) -> dict[str, Any]:
        return {"first": [vars(s) for s in self.first], "last": [vars(s) for s in self.last]}

    def load_state(self, state: dict[str, Any]) -> None:
        self.first = [Sign(**s) for s in state["first"]]
        self.last = deque(Sign(**s) for s in state["last"])

    def _gamed(self) -> str | None:
        rise = _mean(self.last, "reward") - _mean(self.first, "reward")
        if rise < _RISE:
            return None
        right, right_before = _mean(self.last, "right"), _mean(self.first, "right")
        told = f"the reward is gamed by format: it rose by {rise:.2f}, "
        if min(s.same for s in self.last) >= _SAME and (not self.has_gold or right <= right_before + 0.05):
            answer = self.last[-1].commonest[:80]
            return (
                f"{told}but nearly every question gets the same answer, {answer!r}; raise kl_coef, or check the reward"
            )
        fewer = _mean(self.first, "misformed") - _mean(self.last, "misformed")
        if self.has_gold and right_before >= 0.1 and right < _HOLLOW * right_before and fewer > 0.1:
            return f"{told}but {right:.0%} of the calls are right, after {right_before:.0%}; raise kl_coef"
        if min(s.unfinished for s in self.last) >= _ENDLESS > _mean(self.first, "unfinished"):
            return f"{told}but answers no longer end; set unfinished_reward = -2.0, or raise kl_coef"
        return None


def _mean(signs: Sequence[Sign] | deque[Sign], name: str) -> float:
    return sum(float(getattr(sign, name)) for sign in signs) / len(signs)
