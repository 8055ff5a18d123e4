"""What a kernel holds is told by name, type, size and beginning; no code of the objects runs and nothing is left."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.variables import Variable, variables
from tests.contract.kernel_harness import DOCKER, Tools, opened, run

CODE = '''
import math
class Evil:
    """Looks harmless."""
    def __repr__(self): raise SystemExit("its own code ran")
    __str__ = __len__ = __repr__
    @property
    def shape(self): raise SystemExit("its own code ran")
class Sly(list):
    def __len__(self): raise SystemExit("its own code ran")
    __repr__ = __iter__ = __len__
evil, sly = Evil(), Sly([1])
films = search_films("some") * 2
nested = {"a": [evil, {"b": evil}], "n": 1.5}
big, text = 10**5000, "x" * 1000
def latest(films: list[dict], n: int = 1, of=evil) -> list[dict]:
    """The latest ones.

    More than that."""
    return films
'''
NAMES = ["films", "latest", "nested", "text", "big", "evil", "Evil", "sly", "nobody"]


@pytest.mark.parametrize("kind", [DOCKER, "fake"])
async def test_names_are_told_without_running_code_of_the_objects(kind: Any) -> None:
    async with opened(kind, Tools()) as kernel:
        assert (await run(kernel, CODE)).end.status == "ok"
        before = (await run(kernel, "sorted(globals())")).result
        found = {v.name: v for v in await variables(kernel, NAMES)}
        assert list(found) == NAMES[:-1]
        assert found["films"].kind == "list" and found["films"].size == "2"
        assert found["films"].shown.startswith("[{'id': 1, 'title': 'Somewhere'")
        assert found["latest"] == Variable(
            "latest", "function", "", "latest(films: list[dict], n: int = 1, of=...) -> list[dict]  # The latest ones."
        )
        assert found["nested"].shown == "{'a': [<Evil>, {'b': <Evil>}], 'n': 1.5}"
        assert found["text"].size == "1000" and len(found["text"].shown) < 80
        assert found["Evil"] == Variable("Evil", "class", "", "Looks harmless.")
        assert found["evil"] == Variable("evil", "Evil") and found["big"].kind == "int" and found["sly"].size == ""
        own = {v.name for v in await variables(kernel)}
        assert set(NAMES[:-1]) <= own and not own & {"math", "In", "Out", "exit", "_"}
        after = (await run(kernel, "sorted(globals())")).result
        assert before is not None and after is not None and before.text == after.text
