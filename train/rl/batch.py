"""Roll-outs as values, and their tensors: prompts padded on the left, what follows them on the right.

A `Row` is one text: a prompt, then everything after it. Where a family closes every turn, a whole roll-out is one row
in which feedback is not `written`; where it does not, each turn is a row of its own, and the rows of one episode are
chained when advantages are estimated.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from train.reward.table import Rewarded


@dataclass(frozen=True)
class Row:
    """`answer`: all tokens after the prompt; `written`: which of them the model wrote.

    `logprobs`: of those, 0 elsewhere; `scores`: (position in `answer`, reward).
    """

    prompt: tuple[int, ...]
    answer: tuple[int, ...]
    written: tuple[bool, ...]
    logprobs: tuple[float, ...]
    scores: tuple[tuple[int, float], ...] = ()
    values: tuple[float, ...] = ()
    """Of a critic that shares the trunk, from generation; empty where it has to be asked."""


@dataclass(frozen=True)
class Episode:
    """One roll-out. `question` and `said` are what the guard compares; `entropy`: nats a token, None where unknown."""

    rows: tuple[Row, ...]
    rewards: tuple[Rewarded, ...]
    question: str = ""
    said: str = ""
    is_finished: bool = True
    entropy: float | None = None

    @property
    def reward(self) -> float:
        """The mean of its calls' rewards; 0 where nothing was rewarded."""
        return sum(r.value for r in self.rewards) / len(self.rewards) if self.rewards else 0.0

    @property
    def n_tokens(self) -> int:
        """Tokens that the model wrote."""
        return sum(sum(row.written) for row in self.rows)


@dataclass
class Batch:
    """B rows. `ids`, `attention`: [B, L + T]; the other tensors: [B, T]. `chains`: the rows of each episode."""

    ids: Tensor
    attention: Tensor
    written: Tensor
    logprobs: Tensor
    scores: Tensor
    chains: tuple[tuple[int, ...], ...] = field(default=())
    values: Tensor | None = None
    """[B, T] from generation, where every row has them."""

    @property
    def n_answer(self) -> int:
        """T."""
        return int(self.written.shape[1])

    @property
    def answers(self) -> Tensor:
        """[B, T]: the ids after the prompts."""
        return self.ids[:, -self.n_answer :]

    def to(self, device: torch.device | str) -> Batch:
        ids, attention = self.ids.to(device), self.attention.to(device)
        written, logprobs, scores = self.written.to(device), self.logprobs.to(device), self.scores.to(device)
        values = None if self.values is None else self.values.to(device)
        return Batch(ids, attention, written, logprobs, scores, self.chains, values)

    def part(self, rows: Tensor) -> Batch:
        """Some rows, without the columns that are padding in all of them; T columns are cut at the right."""
        attention = self.attention[rows]
        n_prompt = attention.shape[1] - self.n_answer
        first = int(attention[:, :n_prompt].to(torch.int64).argmax(1).min())
        n_answer = int(attention[:, n_prompt:].sum(1).max())
        columns = slice(first, n_prompt + n_answer)
        return Batch(
            self.ids[rows][:, columns],
            attention[:, columns],
            self.written[rows][:, :n_answer],
            self.logprobs[rows][:, :n_answer],
            self.scores[rows][:, :n_answer],
        )

    def pieces(self, n_rows: int, rows: Sequence[int] | None = None) -> Iterator[Tensor]:
        """Indices of micro-batches of at most `n_rows`, rows of like length together; all rows where none are named."""
        lengths = self.attention.sum(1).tolist()
        order = sorted(range(len(lengths)) if rows is None else rows, key=lambda row: lengths[row])
        for start in range(0, len(order), n_rows):
            yield torch.tensor(order[start : start + n_rows])

    def whole_episodes(self, n_rows: int, chains: Sequence[tuple[int, ...]]) -> Iterator[Tensor]:
        """As `pieces`, of these chains; no episode is cut; one of more rows than that is a micro-batch of its own."""
        lengths = self.attention.sum(1)
        rows: list[int] = []
        for chain in sorted(chains, key=lambda chain: int(lengths[list(chain)].max())):
            if rows and len(rows) + len(chain) > n_rows:
                yield torch.tensor(rows)
                rows = []
            rows += chain
        if rows:
            yield torch.tensor(rows)

    def only(self, rows: Tensor) -> Batch:
        """These rows with all columns and their own chains, numbered anew; whole episodes."""
        number = {row: i for i, row in enumerate(rows.tolist())}
        chains = tuple(tuple(number[row] for row in chain) for chain in self.chains if chain[0] in number)
        ids, attention, written = self.ids[rows], self.attention[rows], self.written[rows]
        return Batch(ids, attention, written, self.logprobs[rows], self.scores[rows], chains)

    def chained(self, x: Tensor) -> Tensor:
        """[B, T] to [E, K T]: the rows of each episode one after the other, zeros behind."""
        if len(self.chains) == len(x):
            return x[[chain[0] for chain in self.chains]]
        n_most = max(map(len, self.chains))
        joined = x.new_zeros(len(self.chains), n_most * x.shape[1])
        for episode, chain in enumerate(self.chains):
            joined[episode, : len(chain) * x.shape[1]] = torch.cat([x[row] for row in chain])
        return joined

    def unchained(self, joined: Tensor) -> Tensor:
        """The way back from `chained`."""
        n = self.n_answer
        rows = joined.new_zeros(sum(map(len, self.chains)), n)
        for episode, chain in enumerate(self.chains):
            for number, row in enumerate(chain):
                rows[row] = joined[episode, number * n : (number + 1) * n]
        return rows


def collate(episodes: Sequence[Episode], pad_id: int) -> Batch:
    """The tensors of all rows of these episodes."""
    rows = [row for episode in episodes for row in episode.rows]
    n_prompt, n_answer = max(len(row.prompt) for row in rows), max(len(row.answer) for row in rows)
    shape = (len(rows), n_prompt + n_answer)
    ids, attention = torch.full(shape, pad_id), torch.zeros(shape, dtype=torch.int64)
    written = torch.zeros(len(rows), n_answer, dtype=torch.bool)
    logprobs, scores = torch.zeros(len(rows), n_answer), torch.zeros(len(rows), n_answer)
    for i, row in enumerate(rows):
        begin, end = n_prompt - len(row.prompt), n_prompt + len(row.answer)
        ids[i, begin:end] = torch.tensor([*row.prompt, *row.answer])
        attention[i, begin:end] = 1
        written[i, : len(row.written)] = torch.tensor(row.written)
        logprobs[i, : len(row.logprobs)] = torch.tensor(row.logprobs)
        for position, value in row.scores:
            scores[i, position] += value
    chains, begin = [], 0
    for episode in episodes:
        chains.append(tuple(range(begin, begin + len(episode.rows))))
        begin += len(episode.rows)
    values = None
    if all(row.values for row in rows):
        values = torch.zeros(len(rows), n_answer)
        for i, row in enumerate(rows):
            values[i, : len(row.values)] = torch.tensor(row.values)
    return Batch(ids, attention, written, logprobs, scores, tuple(chains), values)
