"""Attempts on what the host reads of the sandbox's files: links, pipes, sizes, names, races."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from sandbox.files.inbox import Received
from tests.abuse.arena import FILE_LIMITS, Arena, Attempt, died
from tests.contract.kernel_harness import Cell

pytestmark = [pytest.mark.docker, pytest.mark.asyncio(loop_scope="session")]

# Sends files to the host as the runtime does, with made-up paths.
FORGE = """
from ipykernel.kernelapp import IPKernelApp
from toolcoder_runtime.files import COMM_ID
app = IPKernelApp.instance()
def hand_over(path, content=b'evil', place='out', **more):
    about = {'place': place, 'path': path, 'kind': 'piece', 'first': True, 'last': True, 'executable': True, **more}
    app.session.send(app.iopub_thread, 'comm_msg', {'comm_id': COMM_ID, 'data': about},
                     parent=app.kernel.get_parent(), buffers=[content])
"""


def delivered(
    judge: Callable[[list[Received], Path], None], least: int = 0
) -> Callable[[Arena, Cell], Awaitable[None]]:
    """What must hold of every file that was handed over and around it; then what must hold of these."""

    async def observe(arena: Arena, cell: Cell) -> None:
        arena.secret_is_kept(cell)
        out = arena.out
        assert len(arena.received) >= least, (cell.end, arena.received[:5])
        assert {path.name for path in arena.around.iterdir()} <= {"session"}
        assert {path.name for path in out.parent.glob("*")} <= {"out"}
        stored = sorted(out.glob("**/*"))
        for path in stored:
            assert path.is_file() and not path.is_symlink() and path.parent == out
            assert path.stat().st_mode & 0o777 == 0o600
            assert path.name.isprintable() and not path.name.startswith(("-", "."))
            assert arena.secret.encode() not in path.read_bytes()
        assert sum(path.stat().st_size for path in stored) <= FILE_LIMITS.out_session_bytes
        assert len(stored) <= FILE_LIMITS.n_out
        judge(arena.received, out)

    return observe


def _refused_but_the_honest(received: list[Received], out: Path) -> None:
    assert [path.name for path in out.iterdir()] == ["honest.txt"]
    assert all(told.refused for told in received if told.path != "honest.txt")


def _bounded(received: list[Received], out: Path) -> None:
    pass  # what must hold for all of them was looked at


def _all_inside(received: list[Received], out: Path) -> None:
    assert all(told.artifact is None or Path(told.artifact.path).parent == out for told in received)


ATTEMPTS = (
    Attempt(
        "reading-links",
        "a plot.png that links to files of the host, of the sandbox, to itself, and folders that are links",
        "no link is followed; each is refused by name",
        """
import os
os.chdir('/out')
open('honest.txt', 'w').write('ok')
for name, target in (('plot.png', '{secret_file}'), ('passwd', '/etc/passwd'), ('loop', 'loop'), ('up', '../..'),
                     ('environ', '/proc/self/environ'), ('mem', '/proc/self/mem'), ('key', '/run/toolcoder')):
    os.symlink(target, name)
os.mkdir('folder'); os.symlink('/etc', 'folder/etc')
""",
        delivered(_refused_but_the_honest, least=3),
    ),
    Attempt(
        "reading-special",
        "pipes, sockets and devices under the names of results",
        "none is opened, nobody waits",
        """
import os, socket
os.chdir('/out')
for name in os.listdir('.'):
    if os.path.islink(name) or os.path.isfile(name): os.remove(name)
open('honest.txt', 'w').write('ok again')
os.mkfifo('pipe.csv')
s = socket.socket(socket.AF_UNIX); s.bind('socket.csv')
try: os.mknod('null.csv', 0o20666, os.makedev(1, 5))
except OSError: pass
""",
        delivered(_refused_but_the_honest, least=2),
    ),
    Attempt(
        "reading-sizes",
        "a file of a terabyte without content, and more files than there is room for",
        "none of it fills the host: what is too large or too much is refused",
        """
import os, shutil
os.chdir('/out')
for name in os.listdir('.'):
    os.remove(name) if not os.path.isdir(name) or os.path.islink(name) else shutil.rmtree(name)
with open('huge.bin', 'wb') as file:
    try: file.truncate(1 << 40)
    except OSError: pass
for i in range(30): open(f'part{i}', 'wb').write(os.urandom(1 << 20))
""",
        delivered(_bounded),
        ends=("ok", "timeout", "died"),
        limits={"wall_s": 30.0},
    ),
    Attempt(
        "reading-names",
        "file names that climb, that are options, hidden, that drive a terminal or read backwards",
        "each gets a harmless name in the one folder",
        """
import os
os.chdir('/out')
for name in os.listdir('.'): os.remove(name)
for name in ('-rf', '..hidden', '.bashrc', '~', 'a b;touch x', '$(id)', 'x\\ny', '\\x1b]0;owned\\x07', 'gnp\\u202e.exe',
             'con', 'CON.txt', 'x' * 200, '\\udcff\\udcfe', "'", '"', '|', '*', '%s', 'é.png'):
    try: open(name, 'w').write('x')
    except OSError: pass
deep = '/'.join(['d'] * 60); os.makedirs(deep); open(deep + '/f', 'w').write('x')
""",
        delivered(_all_inside, least=10),
    ),
    Attempt(
        "reading-forged-paths",
        "messages about files with paths that climb out, are absolute, hold zero bytes or are no text",
        "nothing is written outside of the one folder",
        FORGE
        + """
for path in ('../evil', '../../evil', '/etc/cron.d/evil', '/{folder}/evil', 'a/../../evil', 'a\\0b', '', '.', '..', '/',
             'x' * 100_000, 'a/' * 5000 + 'b', None, 5, ['x'], '\\ud800', '....//evil', '..\\\\evil', 'C:\\\\evil',
             '%2e%2e/evil'):
    for place in ('out', 'work', '../out', None):
        try: hand_over(path, place=place)
        except Exception: pass
""",
        delivered(_all_inside),
    ),
    Attempt(
        "reading-forged-pieces",
        "pieces without a beginning, without an end, of other files in between, hundreds of small files",
        "whole files or none; their number is capped",
        FORGE
        + """
hand_over('no-beginning', first=False)
hand_over('no-end', last=False)
hand_over('other', first=False, last=False)
for i in range(500): hand_over(f'small{i}', b'')
for kind in ('deleted', 'refused', 'made up', 5, None): hand_over('../x', kind=kind, why='\\x1b[2J' * 1000)
""",
        delivered(_bounded),
        limits={"wall_s": 40.0},
    ),
    Attempt(
        "reading-race",
        "exchange a file and a link to a secret again and again while the host takes it",
        "the file's own content or nothing",
        """
import os, threading, time
os.chdir('/out')
os.symlink('/run/toolcoder/kernel.json', '/tmp/link')
stop = time.monotonic() + 1.5
def swap():
    while time.monotonic() < stop:
        try:
            with open('/out/new', 'w') as file: file.write('own')
            os.rename('/out/new', '/out/racing.txt')
            os.symlink('/etc/passwd', '/out/newlink')
            os.rename('/out/newlink', '/out/racing.txt')
        except OSError: pass
threads = [threading.Thread(target=swap) for _ in range(2)]
for t in threads: t.start()
""",
        delivered(lambda received, out: _own_or_nothing(out)),
    ),
    Attempt(
        "reading-last-words",
        "write nonsense over the memory in which the host looks for a dead kernel's last words",
        "the death is named, what is read is bounded",
        """
import gc, os, struct
from toolcoder_runtime.last_words import LastWords
for words in [o for o in gc.get_objects() if isinstance(o, LastWords)]:
    for counts in ((2**64 - 1, 2**63), ):
        words._memory[:] = b'\\xff' * len(words._memory)
        struct.pack_into('<2Q', words._memory, 0, *counts)
os.kill(os.getpid(), 9)
""",
        died("signal"),
        ends=("died",),
        limits={"output_bytes": 1 << 16},
    ),
)


def _own_or_nothing(out: Path) -> None:
    for path in out.glob("*racing*"):
        assert path.read_bytes() in (b"own", b""), path.read_bytes()[:100]


@pytest.mark.parametrize("attempt", ATTEMPTS, ids=str)
async def test_attempt(arena: Arena, attempt: Attempt) -> None:
    await arena.attempt(attempt)
    await arena.still_serves()
