"""What objects look like: bounded in size, so that a huge plot is named instead of breaking the channel; tables too."""

from __future__ import annotations

import contextlib
import json
import math
import sys
from typing import Any

TABLE_MIME = "application/vnd.toolcoder.table+json"
LARGEST_CHARS = 16 << 20
_N_ROWS = 50
_N_COLUMNS = 30
_CELL_CHARS = 200


def bounded(data: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The representations that can be sent, together at most `LARGEST_CHARS`, and why the others cannot."""
    kept: dict[str, Any] = {}
    left_out: list[str] = []
    n_left = LARGEST_CHARS
    for mime, value in data.items():
        try:
            text = value if isinstance(value, str) else json.dumps(value)
        except (TypeError, ValueError, RecursionError):
            if not isinstance(value, bytes):
                left_out.append(f"{mime}: what the object gave for it cannot be sent")
                continue
            text = "x" * (len(value) * 4 // 3)  # IPython sends bytes as base64
        if len(text) > n_left:
            left_out.append(f"{mime} of {len(text):,} characters, more than is sent")
            continue
        n_left -= len(text)
        kept[mime] = escaped(value) if isinstance(value, str) else value
    return kept, left_out


def escaped(text: str) -> str:
    """Half a surrogate pair cannot travel; escaped it is at least not lost."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")


def table(value: Any) -> str | None:
    """The first rows and columns of a pandas table as JSON, or None for anything else.

    `{"columns": [...], "index": [...] or null, "rows": [[...]], "n_rows": n, "n_columns": n}`, the numbers being those
    of the whole table.
    """
    pandas = sys.modules.get("pandas")
    if pandas is None or not isinstance(value, pandas.DataFrame | pandas.Series):
        return None
    with contextlib.suppress(Exception):  # a subclass may do anything; its repr is still there
        frame = value.to_frame() if isinstance(value, pandas.Series) else value
        shown = frame.iloc[:_N_ROWS, :_N_COLUMNS]
        has_names = not isinstance(frame.index, pandas.RangeIndex)
        return json.dumps(
            {
                "columns": [_text(column) for column in shown.columns],
                "index": [_text(label) for label in shown.index] if has_names else None,
                "rows": [[_cell(item) for item in row] for row in shown.itertuples(index=False, name=None)],
                "n_rows": int(frame.shape[0]),
                "n_columns": int(frame.shape[1]),
            },
            allow_nan=False,
        )
    return None


def _cell(value: Any) -> Any:
    if type(value).__module__ == "numpy" and getattr(value, "shape", None) == ():
        value = value.item()
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None if math.isnan(value) else str(value)
    return _text(value)


def _text(value: Any) -> str:
    text = escaped(str(value))
    return text if len(text) <= _CELL_CHARS else text[: _CELL_CHARS - 1] + "…"
