"""Files of a session in the real container: the copy it may change, what comes back, and what never does."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from sandbox import KernelOptions, open_kernel
from sandbox.events import CellEnd, CellFile, CellLimits, CellResult
from sandbox.files.changes import changes_of
from sandbox.files.inbox import Inbox, Received
from sandbox.files.limits import MB, FileLimits
from sandbox.files.work_copy import WorkCopy
from sandbox.kernel import Kernel
from tests.contract.kernel_harness import SMALL

pytestmark = [pytest.mark.docker, pytest.mark.asyncio(loop_scope="module")]
LIMITS = FileLimits(work_bytes=24 * MB, out_bytes=8 * MB)


@dataclass
class Talk:
    """A kernel over a copy, with the inbox that a session would have."""

    kernel: Kernel
    copy: WorkCopy
    inbox: Inbox
    out: Path

    async def run(self, code: str, **limits: Any) -> tuple[CellEnd, Any, list[Received]]:
        """The cell's end, its JSON value, and what was handed over."""
        value, received, end = None, [], None
        async for event in self.kernel.run(code, CellLimits(**{"wall_s": 60, **limits})):
            match event:
                case CellFile():
                    if (told := self.inbox.take(event)) is not None:
                        received.append(told)
                case CellResult():
                    value = json.loads(event.json or "null")
                case CellEnd():
                    end = event
        assert end is not None
        return end, value, received

    def changed(self) -> dict[str, str]:
        return {change.path: change.kind for change in changes_of(self.copy)}


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["docker", "local"])
async def talk(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Talk]:
    base = tmp_path_factory.mktemp("files")
    root = base / "project"
    (root / "sub").mkdir(parents=True)
    (root / "sales.csv").write_text("month,units\n1,5\n")
    (root / "sub" / "notes.txt").write_text("note\n")
    (root / ".env").write_text("KEY=secret")
    (root / "outside").symlink_to("/etc/passwd")
    copy = WorkCopy.create(root, base / "home" / "session-1", LIMITS)
    options = KernelOptions(limits=SMALL, seed=str(copy.seed), work_bytes=LIMITS.work_bytes, out_bytes=LIMITS.out_bytes)
    async with open_kernel(options, None, request.param) as kernel:
        yield Talk(kernel, copy, Inbox(base / "out", copy, LIMITS), base / "out")


async def test_the_copy_is_there_without_secrets_and_links(talk: Talk) -> None:
    end, value, received = await talk.run(
        "import os\nsorted(os.path.join(d, f) for d, _, fs in os.walk('.') for f in fs)"
    )
    assert end.status == "ok" and value == ["./sales.csv", "./sub/notes.txt"]
    assert received == []


async def test_changes_come_back_and_the_original_stays(talk: Talk) -> None:
    code = """
import os, pathlib
with open('sales.csv', 'a') as file: file.write('2,9\\n')
os.remove('sub/notes.txt')
pathlib.Path('new/deep').mkdir(parents=True)
pathlib.Path('new/deep/data.bin').write_bytes(bytes(range(256)) * 20_000)
"""
    end, _, _ = await talk.run(code)
    assert end.status == "ok", end
    assert talk.changed() == {"sales.csv": "changed", "sub/notes.txt": "deleted", "new/deep/data.bin": "added"}
    opened = talk.copy.open_now("new/deep/data.bin")
    assert opened is not None
    with opened:
        assert opened.read() == bytes(range(256)) * 20_000
    assert (talk.copy.root / "sales.csv").read_text() == "month,units\n1,5\n"
    assert (talk.copy.root / "sub" / "notes.txt").exists()


async def test_files_of_out_are_taken_and_links_and_pipes_are_not(talk: Talk) -> None:
    code = """
import os
out = os.environ['TOOLCODER_OUT']
os.makedirs(out + '/charts', exist_ok=True)
open(out + '/charts/a.csv', 'w').write('x\\n')
os.symlink('/etc/passwd', out + '/plot.png')
os.mkfifo(out + '/pipe')
os.link(out + '/charts/a.csv', out + '/second.csv')
os.rename(out + '/second.csv', out + '/charts/third.csv')  # between folders, as tools do
"""
    end, _, received = await talk.run(code)
    assert end.status == "ok", end
    told = {item.path: item.refused or "taken" for item in received}
    assert told == {
        "charts/a.csv": "taken",
        "plot.png": "is a link",
        "pipe": "is no regular file",
        "charts/third.csv": "taken",  # of two names of one file inside, both are files of the sandbox
    }
    assert sorted(path.name for path in talk.out.iterdir()) == ["charts-a.csv", "charts-third.csv"]
    _, _, again = await talk.run("1")
    assert again == []  # what did not change is not told again


async def test_an_error_and_a_timeout_keep_what_was_written_before(talk: Talk) -> None:
    end, _, _ = await talk.run("open('before.txt', 'w').write('kept')\nraise ValueError('boom')")
    assert end.status == "error" and "before.txt" in talk.changed()
    end, _, _ = await talk.run("open('slow.txt', 'w').write('kept')\nwhile True: pass", wall_s=1)
    assert end.status == "timeout" and "slow.txt" in talk.changed()


async def test_a_fresh_kernel_begins_where_the_last_cell_ended(talk: Talk) -> None:
    end, _, _ = await talk.run(
        "import os, signal\nopen('lost.txt', 'w').write('x')\nos.kill(os.getpid(), signal.SIGKILL)"
    )
    assert end.died is not None
    code = "import os\n[open('before.txt').read(), open('sales.csv').read(), *map(os.path.exists, ('sub', 'lost.txt'))]"
    _, value, received = await talk.run(code)
    assert value == ["kept", "month,units\n1,5\n2,9\n", False, False] and received == []
    assert "lost.txt" not in talk.changed()


async def test_made_up_pieces_do_no_harm(talk: Talk) -> None:
    code = """
from ipykernel.kernelapp import IPKernelApp
app = IPKernelApp.instance()
def send(buffers, **about):
    content = {'comm_id': 'toolcoder.file', 'data': about}
    app.session.send(app.iopub_socket, 'comm_msg', content, parent=app.kernel.get_parent(), buffers=buffers)
for path in ('../../evil.txt', '/etc/evil.txt', 'a/../../evil.txt', '.git/hooks/pre-commit', 'x' * 5000, '\\x00'):
    for place in ('work', 'out', 'else'):
        send([b'evil'], place=place, path=path, kind='piece', first=True, last=True)
    if 'hooks' not in path:
        send([], place='work', path=path, kind='deleted')
send([], place='work', path=5, kind='piece')
send([b'x' * (3 << 20)], place='out', path='big', kind='piece', first=True, last=True)
send([b'x'], place='out', path='never begun', kind='piece', first=False, last=True)
send([b'x'], place='out', path='', kind='refused', why='y' * 10_000)
"""
    end, _, _ = await talk.run(code)
    assert end.status == "ok"
    base = talk.copy.folder.parent.parent
    assert not list(base.rglob("evil*")) and not Path("/etc/evil.txt").exists()
    made = {path.name for path in talk.out.iterdir()} - {"charts-a.csv", "charts-third.csv"}
    assert made == {"git-hooks-pre-commit"}  # a name in our folder is only a name
    assert [c.refused != "" for c in changes_of(talk.copy) if c.path == ".git/hooks/pre-commit"] == [True]


@pytest.mark.parametrize("talk", ["docker"], indirect=True)
async def test_both_places_are_of_a_fixed_size(talk: Talk) -> None:
    code = """
import os
def fill(folder):
    try:
        with open(folder + '/fill', 'wb') as file:
            for _ in range(64):
                file.write(b'x' * (1 << 20))
    except OSError as error:
        return error.strerror
    finally:
        os.remove(folder + '/fill')
def names(folder):
    try:
        for n in range(100_000):
            open(f'{folder}/n{n}', 'w').close()
    except OSError as error:
        return error.strerror
    finally:
        for name in os.listdir(folder):
            if name.startswith('n') and name[1:].isdigit():
                os.remove(f'{folder}/{name}')
[fill('/work'), fill('/out'), names('/work'), names('/out')]
"""
    _, value, _ = await talk.run(code)
    assert value == ["No space left on device"] * 4


@pytest.mark.parametrize("talk", ["docker"], indirect=True)
async def test_the_seed_can_only_be_read_and_nothing_else_of_the_host_is_there(talk: Talk) -> None:
    code = """
import os
def tries(action):
    try:
        action()
    except OSError as error:
        return error.strerror
[tries(lambda: open('/run/seed/base/sales.csv', 'a')), tries(lambda: os.mkdir('/run/seed/now/x')),
 sorted(os.listdir('/run/seed')), [line.split()[4] for line in open('/proc/self/mountinfo')]]
"""
    _, value, _ = await talk.run(code)
    refused_file, refused_folder, parts, mounts = value
    assert {refused_file, refused_folder} <= {"Read-only file system", "Permission denied"}
    assert parts == ["base", "deleted", "now"]
    assert {"/work", "/out", "/run/seed"} <= set(mounts)


@pytest.mark.parametrize("talk", ["docker"], indirect=True)
async def test_many_files_take_little_time(talk: Talk) -> None:
    end, _, received = await talk.run(
        "import pathlib\nfor n in range(300): pathlib.Path(f'many/{n}.txt').parent.mkdir(exist_ok=True)"
        " or pathlib.Path(f'many/{n}.txt').write_text('x')"
    )
    assert end.status == "ok" and len(received) == 300
    assert sum(path.startswith("many/") for path in talk.changed()) == 300
