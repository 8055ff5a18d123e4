"""`toolcoder train data`: flags only; the work is in `tui.train_data` and `train.data`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from tui.failures import UsageProblem

_KINDS = ("session", "atif", "chat", "rotbench", "toolalpaca")


def mount(app: typer.Typer) -> None:
    """Add the command to `toolcoder train`."""
    app.command("data")(data_command)


def data_command(
    sources: Annotated[
        list[Path] | None, typer.Argument(help="Files or folders; without any, this person's logged sessions.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="The folder to make or replace; else `dataset` in the home.")
    ] = None,
    kind: Annotated[
        str | None, typer.Option("--format", help=f"What the files are: {', '.join(_KINDS)}. Else by how each begins.")
    ] = None,
    view: Annotated[str, typer.Option("--view", help="Rows to write: calls, code or both.")] = "both",
    valid: Annotated[float, typer.Option("--valid", help="Share of the tasks to validate on.")] = 0.1,
    heldout: Annotated[float, typer.Option("--heldout", help="Share of the tasks never to train on.")] = 0.1,
    seed: Annotated[int, typer.Option("--seed", help="Of the split.")] = 0,
    models: Annotated[
        list[str] | None, typer.Option("--model", help="Only sessions answered by this model; may be repeated.")
    ] = None,
    since: Annotated[str | None, typer.Option("--since", help="Only sessions begun then or later: 2026-11-20.")] = None,
    tokenizer: Annotated[
        Path | None, typer.Option("--tokenizer", help="tokenizer.json, or a model's folder, to count tokens with.")
    ] = None,
    max_tokens: Annotated[
        int | None, typer.Option("--max-tokens", min=1, help="Leave out rows that are longer.")
    ] = None,
    enough: Annotated[
        int, typer.Option("--enough", min=1, help="Tasks below which the card says that there is too little.")
    ] = 200,
    keep_personal: Annotated[
        bool, typer.Option("--keep-personal", help="Replace secrets only, not addresses, numbers and names.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Make a dataset of sessions (or ATIF, chat messages, RoTBench, ToolAlpaca): scrubbed, deduplicated, split."""
    if kind is not None and kind not in _KINDS:
        raise UsageProblem(f"no format is called {kind!r}", f"one of {', '.join(_KINDS)}")
    if view not in ("calls", "code", "both"):
        raise UsageProblem(f"no view is called {view!r}", "one of calls, code, both")
    from train.data.make import DataOptions
    from train.data.split import Shares
    from train.formats.session_log import Chosen
    from tui.train_data import DataRequest, make_data

    try:
        shares = Shares(valid, heldout)
    except ValueError as error:
        raise UsageProblem(str(error)) from error
    options = DataOptions(
        shares,
        seed,
        ("calls", "code") if view == "both" else (view,),
        max_tokens,
        tokenizer,
        enough,
        Chosen(frozenset(models or ()), _moment(since)),
    )
    make_data(DataRequest(tuple(sources or ()), out, kind, options, keep_personal, as_json))  # type: ignore[arg-type]


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageProblem(f"no date: {text!r}", "such as 2026-11-20 or 2026-11-20T09:00") from error
    return moment if moment.tzinfo else moment.astimezone(UTC)
