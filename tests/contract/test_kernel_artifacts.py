"""What cells show is kept as files of the session: by content, checked, capped, private."""

from __future__ import annotations

import base64
import hashlib
import json
import struct
import zlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from sandbox.artifacts import TABLE_MIME
from sandbox.events import Artifact, CellDisplay, SpoolOptions
from sandbox.kernel import Kernel
from tests.contract.kernel_harness import ALL, DOCKER, REAL, SHOWS, Cell, opened, run
from tests.contract.lent_kernels import over

pytestmark = pytest.mark.asyncio(loop_scope="module")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


PNG = (
    b"\x89PNG\r\n\x1a\n"
    + _chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    + _chunk(b"IDAT", zlib.compress(b"\0\0"))
    + _chunk(b"IEND", b"")
)
PNG_TEXT = base64.b64encode(PNG).decode()
SVG = '<svg xmlns="http://www.w3.org/2000/svg"><rect width="1" height="1"/></svg>'


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("session")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def kernel(kind: Any, folder: Path) -> AsyncIterator[Kernel]:
    spool = SpoolOptions(str(folder), redact=lambda text: text.replace("hunter22", "[redacted]"))
    async with opened(kind, spool=spool) as kernel:
        await run(kernel, SHOWS)
        yield kernel


async def shown(kernel: Kernel, data: dict[str, Any]) -> CellDisplay:
    cell = await run(kernel, f"display(Shows({data!r}))")
    assert cell.end.status == "ok" and len(cell.displays) == 1
    return cell.displays[0]


def content(artifact: Artifact) -> bytes:
    data = Path(artifact.path).read_bytes()
    assert len(data) == artifact.n_bytes
    return data


@over(ALL)
@pytest.mark.parametrize(
    ("mime", "given", "suffix"),
    [
        ("image/png", PNG_TEXT, ".png"),
        ("image/svg+xml", SVG, ".svg"),
        ("application/json", '{"a": [1]}', ".json"),
        ("text/latex", "$x$", ".tex"),
        ("text/markdown", "# é", ".md"),
    ],
)
async def test_each_kind_becomes_a_file_named_by_its_content(
    kernel: Kernel, folder: Path, mime: str, given: str, suffix: str
) -> None:
    display = await shown(kernel, {mime: given, "text/plain": "words"})
    (artifact,) = display.artifacts
    data = content(artifact)
    assert data == (PNG if mime == "image/png" else given.encode())
    assert (artifact.mime, display.data["text/plain"], display.left_out) == (mime, "words", ())
    assert mime not in display.data
    path = Path(artifact.path)
    assert path.parent == folder / "artifacts" and path.stat().st_mode & 0o777 == 0o600
    assert path.name == hashlib.sha256(data).hexdigest()[:20] + suffix
    assert (await shown(kernel, {mime: given})).artifacts == (artifact,)  # the same again is the same file


@over(ALL)
async def test_a_page_is_kept_so_that_it_can_load_nothing(kernel: Kernel) -> None:
    (artifact,) = (await shown(kernel, {"text/html": "<b>hunter22</b>"})).artifacts
    page = content(artifact).decode()
    assert page.endswith("<b>[redacted]</b>") and "Content-Security-Policy" in page and "default-src 'none'" in page


@over(ALL)
@pytest.mark.parametrize(
    ("mime", "given", "why"),
    [
        ("image/png", base64.b64encode(b"<html>no picture</html>").decode(), "something else"),
        ("image/png", "!!", "something else"),
        ("image/svg+xml", SVG.replace("<rect", "<script>fetch('x')</script><rect"), "would run code"),
        ("image/svg+xml", SVG.replace("<rect", "<rect onclick='x()'"), "would run code"),
        ("image/svg+xml", "<html></html>", "something else"),
        ("application/json", "not json", "something else"),
        ("application/x-sh", "rm -rf", "not kept"),
    ],
)
async def test_what_is_not_what_it_says_is_not_kept(kernel: Kernel, mime: str, given: str, why: str) -> None:
    display = await shown(kernel, {mime: given})
    assert display.artifacts == () and len(display.left_out) == 1
    assert mime in display.left_out[0] and why in display.left_out[0]


@over(ALL)
async def test_a_display_that_is_too_large_is_named(kernel: Kernel) -> None:
    cell = await run(kernel, "display(Shows({'text/html': 'x' * 17_000_000, 'text/markdown': 'small'}))")
    (display,) = cell.displays
    assert [artifact.mime for artifact in display.artifacts] == ["text/markdown"]
    assert len(display.left_out) == 1 and "text/html" in display.left_out[0]
    assert cell.end.output_cut
    assert (await run(kernel, "1")).end.status == "ok"


@over(ALL)
async def test_a_flood_of_displays_is_capped(kernel: Kernel) -> None:
    cell = await run(kernel, "for i in range(150):\n    display(Shows({'text/markdown': str(i % 3)}))")
    assert len(cell.displays) == 100 and cell.end.output_cut
    assert len({artifact.path for display in cell.displays for artifact in display.artifacts}) == 3


@over(ALL)
async def test_displays_come_in_their_place(kernel: Kernel) -> None:
    cell = await run(kernel, "print('one')\ndisplay(Shows({'text/markdown': 'two'}))\nprint('three')\nShows({})")
    assert cell.kinds == ["CellOutput", "CellDisplay", "CellOutput", "CellResult", "CellEnd"]


@over(ALL)
async def test_half_a_surrogate_pair_kills_no_result(kernel: Kernel) -> None:
    cell = await run(kernel, "['\\ud800', {'a': 'x\\udfff'}]")
    assert cell.end.status == "ok" and cell.result is not None and cell.result.json is not None
    assert cell.result.json == '["\\ud800", {"a": "x\\udfff"}]'  # the escapes, which any encoding can carry
    assert json.loads(cell.result.json) == ["\ud800", {"a": "x\udfff"}]
    error = (await run(kernel, "raise ValueError('\\ud800')")).end.error
    assert error is not None and error.message == "\\ud800"
    display = await shown(kernel, {"text/markdown": "\ud800", "text/plain": "\ud800"})
    assert display.data["text/plain"] == "\\ud800" and content(display.artifacts[0]) == b"\\ud800"


@over(ALL)
async def test_files_and_folders_never_come_from_inside(kernel: Kernel, folder: Path) -> None:
    display = await shown(kernel, {"image/../../../../etc/x": "x", "text/../../x": "y"})
    assert display.artifacts == () and len(display.left_out) == 2
    assert {path.name for path in folder.iterdir()} <= {"artifacts", *(p.name for p in folder.glob("cell-*.txt"))}


@pytest.mark.parametrize("kind", ["local", "fake"])
async def test_beyond_the_share_of_the_disk_displays_are_named(kind: Any, tmp_path: Path) -> None:
    async with opened(kind, spool=SpoolOptions(str(tmp_path), limit_bytes=1000)) as kernel:
        await run(kernel, SHOWS)
        first = await shown(kernel, {"text/markdown": "a" * 800})
        second = await shown(kernel, {"text/markdown": "b" * 800})
        assert len(first.artifacts) == 1
        assert second.artifacts == () and "share of the disk" in second.left_out[0]


@pytest.mark.parametrize("kind", ["local", "fake"])
async def test_without_files_displays_stay_in_the_events(kind: Any) -> None:
    async with opened(kind) as kernel:
        await run(kernel, SHOWS)
        display = await shown(kernel, {"image/png": PNG_TEXT, "text/plain": "x"})
        assert (display.data, display.artifacts) == ({"image/png": PNG_TEXT, "text/plain": "x"}, ())


@over(REAL)
async def test_a_frame_comes_with_its_table(kernel: Kernel) -> None:
    code = "import pandas\npandas.DataFrame({'n': [1, 2.5, None] * 40, 'name': ['é', 'y' * 500, None] * 40})"
    cell = await run(kernel, code)
    (display,) = cell.displays
    assert [artifact.mime for artifact in display.artifacts] == ["text/html"]
    table = json.loads(display.data[TABLE_MIME])
    assert (table["columns"], table["index"], table["n_rows"], table["n_columns"]) == (["n", "name"], None, 120, 2)
    assert len(table["rows"]) == 50 and table["rows"][0] == [1.0, "é"]
    assert len(table["rows"][1][1]) == 200 and table["rows"][2] == [None, None]
    series = await run(kernel, "pandas.Series({'a': 1, 'b': 2}, name='total')")
    table = json.loads(series.displays[0].data[TABLE_MIME])
    assert (table["columns"], table["index"], table["rows"]) == (["total"], ["a", "b"], [[1], [2]])
    wide = json.loads((await run(kernel, "pandas.DataFrame([range(100)])")).displays[0].data[TABLE_MIME])
    assert (len(wide["columns"]), wide["n_columns"]) == (30, 100)


def png_of(cell: Cell) -> list[bytes]:
    return [
        content(artifact) for display in cell.displays for artifact in display.artifacts if artifact.mime == "image/png"
    ]


@over([DOCKER])
async def test_plots_come_with_and_without_show(kernel: Kernel) -> None:
    cell = await run(kernel, "import matplotlib.pyplot as plt\nplt.plot([1, 2, 3])\nprint('drawn')")
    assert cell.end.status == "ok" and cell.end.n_stderr_bytes == 0 and cell.stdout == "drawn\n"
    assert [data[:8] for data in png_of(cell)] == [PNG[:8]]
    cell = await run(kernel, "plt.plot([3, 1])\nplt.show()\nplt.figure()\nplt.bar([1], [2])\nNone")
    assert len(set(png_of(cell))) == 2
    assert png_of(await run(kernel, "1 + 1")) == []
