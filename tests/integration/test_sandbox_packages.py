"""Packages added to the real image. The wheels are made here and served by an index on loopback, so that nothing of the
network is needed; pip, the engine and the kernels are the real ones."""

from __future__ import annotations

import base64
import functools
import hashlib
import http.server
import json
import os
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import docker
import pytest

from sandbox import KernelOptions, open_kernel
from sandbox.docker_kernel import DockerKernel
from sandbox.errors import PackageRefused
from sandbox.image.adding import Packages
from sandbox.image.derive import REPOSITORY
from sandbox.image.recipe import IMAGE
from tests.answer_script import write_script
from tests.contract.kernel_harness import SMALL, run
from tests.on_pty import ROOT, terminal

pytestmark = pytest.mark.docker
TINY = "def answer():\n    import tiny_needed\n    return tiny_needed.VALUE\n"


def make_wheel(
    folder: Path, name: str, files: dict[str, str], version: str = "1.0", needs: tuple[str, ...] = ()
) -> Path:
    """A real wheel, with a record of hashes."""
    info = f"{name}-{version}.dist-info"
    requires = "".join(f"Requires-Dist: {need}\n" for need in needs)
    content = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{requires}",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = [
        f"{path},sha256={base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b'=').decode()},{len(text)}"
        for path, text in content.items()
    ]
    content[f"{info}/RECORD"] = "\n".join([*record, f"{info}/RECORD,,"]) + "\n"
    path = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for file, text in content.items():
            wheel.writestr(file, text)
    return path


class Index:
    """A simple index of wheels on loopback; remembers what was asked of it."""

    def __init__(self, folder: Path) -> None:
        asked: list[tuple[str, str]] = []
        self.asked = asked

        class Handler(http.server.SimpleHTTPRequestHandler):
            def log_message(self, *args: Any) -> None:
                asked.append((str(self.command), str(self.path)))

        handler = functools.partial(Handler, directory=str(folder))
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}/simple/"
        self._thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self._thread.join()


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    """tiny_thing needs tiny_needed; tiny_old is for another Python; clashing replaces a file of the kernel."""
    folder = tmp_path_factory.mktemp("index")
    wheels = folder / "wheels"
    wheels.mkdir()
    made = [
        make_wheel(wheels, "tiny_thing", {"tiny_thing.py": TINY}, needs=("tiny-needed",)),
        make_wheel(wheels, "tiny_needed", {"tiny_needed.py": "VALUE = 42\n"}),
        make_wheel(wheels, "clashing", {"ipykernel/__init__.py": "raise SystemExit('taken over')\n"}),
        make_wheel(wheels, "wants_numpy", {"wants_numpy.py": ""}, needs=("numpy<1",)),
    ]
    old = make_wheel(wheels, "tiny_old", {"tiny_old.py": ""})
    made.append(old.rename(wheels / "tiny_old-1.0-cp27-cp27m-win32.whl"))
    for wheel in made:
        name = wheel.name.split("-")[0].replace("_", "-")
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
        page = folder / "simple" / name / "index.html"
        page.parent.mkdir(parents=True)
        page.write_text(f'<a href="../../wheels/{wheel.name}#sha256={digest}">{wheel.name}</a>')
    served = Index(folder)
    yield served
    served.close()


@pytest.fixture
def pip(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    """The host's pip, set up as a person would: by its own variables."""
    monkeypatch.setenv("PIP_INDEX_URL", index.address)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    for name in ("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_NO_INDEX"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def packages(tmp_path: Path, pip: None) -> Iterator[Packages]:
    made = Packages(tmp_path / "packages")
    yield made
    remove_images(made)


def remove_images(packages: Packages) -> None:
    owner = hashlib.sha256(str(packages.lock.home.resolve()).encode()).hexdigest()[:16]
    with closing(docker.from_env()) as client:
        for image in client.images.list(name=REPOSITORY, filters={"label": f"toolcoder.lock={owner}"}):
            client.images.remove(image.id, force=True)


async def test_a_package_is_looked_up_added_used_and_removed(packages: Packages, index: Index) -> None:
    steps: list[str] = []
    offer = packages.offer(IMAGE, "tiny_thing", steps.append)
    assert [(p.name, p.version, len(p.sha256)) for p in offer.packages] == [
        ("tiny-needed", "1.0", 64),
        ("tiny-thing", "1.0", 64),
    ]
    assert offer.n_bytes is not None and 500 < offer.n_bytes < 10_000
    assert "not among the packages that many use" in offer.warning
    assert not packages.lock.home.exists()  # looking changes nothing
    image, added = packages.add(offer, steps.append)
    assert image.startswith(REPOSITORY) and [p.name for p in added] == ["tiny-needed", "tiny-thing"]
    assert packages.lock.of(IMAGE).wanted == ("tiny-thing",)
    async with open_kernel(KernelOptions(image=image, limits=SMALL)) as kernel:
        cell = await run(kernel, "import tiny_thing, numpy\ntiny_thing.answer()", wall_s=60)
        assert cell.result is not None and cell.result.text == "42", cell.end
        isolated = await run(kernel, "import os\nsorted(os.listdir('/sys/class/net')), os.getuid() != 0", wall_s=30)
        assert isolated.result is not None and isolated.result.text == "(['lo'], True)"
    before = len(index.asked)
    assert packages.image(IMAGE, steps.append) == image  # it is there: no index, no build
    remove_images(packages)
    assert packages.image(IMAGE, steps.append) == image  # built again from the wheels that were kept
    assert len(index.asked) == before
    assert packages.offer(IMAGE, "tiny_needed", steps.append).packages == ()  # it is there already
    assert packages.remove(IMAGE, ["tiny_thing"], steps.append) == IMAGE
    assert packages.lock.all() == [] and list(packages.lock.wheels.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("nowhere_to_be_found", "no wheel of it that fits"),
        ("tiny_old", "no wheel of it that fits"),
        ("wants_numpy", "does not go together"),
        ("--index-url=http://elsewhere", "no name of a package"),
    ],
)
def test_what_cannot_be_added_is_refused(packages: Packages, name: str, why: str) -> None:
    with pytest.raises(PackageRefused, match=why):
        packages.offer(IMAGE, name, lambda step: None)
    assert not packages.lock.home.exists()


def test_a_wheel_that_would_replace_the_kernels_files_is_refused_and_leaves_nothing(packages: Packages) -> None:
    offer = packages.offer(IMAGE, "clashing", lambda step: None)
    with pytest.raises(PackageRefused, match=r"it would replace .*ipykernel/__init__\.py"):
        packages.add(offer, lambda step: None)
    assert packages.lock.all() == [] and packages.image(IMAGE, lambda step: None) == IMAGE


def test_a_wheel_that_changed_after_it_was_approved_is_refused(packages: Packages) -> None:
    offer = packages.offer(IMAGE, "tiny_needed", lambda step: None)
    packages.lock.wheels.mkdir(parents=True)
    (packages.lock.wheels / offer.packages[0].file).write_bytes(b"something else")
    with pytest.raises(PackageRefused, match="not the one that was approved"):
        packages.add(offer, lambda step: None)
    assert packages.lock.all() == []


async def test_a_kernel_goes_on_with_another_image(packages: Packages) -> None:
    kernel = DockerKernel(KernelOptions(limits=SMALL), None)
    async with kernel:
        cell = await run(kernel, "x = 1\nimport tiny_needed", wall_s=60)
        assert cell.end.error is not None and cell.end.error.exception == "ModuleNotFoundError"
        image, _ = packages.add(packages.offer(IMAGE, "tiny_needed", lambda step: None), lambda step: None)
        life = kernel.life
        await kernel.change_image(image)
        cell = await run(kernel, "import tiny_needed\n[tiny_needed.VALUE, 'x' in globals()]", wall_s=60)
        assert cell.result is not None and cell.result.text == "[42, False]"
        assert kernel.life == life + 1


PROGRAM = "import tiny_thing\ntiny_thing.answer()"


def environment(home: Path, index: Index) -> dict[str, str]:
    config = home.parent / "config.toml"
    config.write_text('[functions]\nkind = "memory"\n')
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OPENAI_", "TOOLCODER_", "PIP_"))}
    own = {"TOOLCODER_HOME": str(home), "TOOLCODER_CONFIG": str(config)}
    return {**kept, **own, "PIP_INDEX_URL": index.address, "PIP_CONFIG_FILE": "/dev/null"}


def ask(script: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "tui.main", "ask", "What is it?", "--model", f"scripted:{script}", *arguments]


def test_a_person_at_the_terminal_is_asked_and_the_program_runs(tmp_path: Path, index: Index) -> None:
    script = write_script(tmp_path / "s.json", program=PROGRAM, answer="It is 42.")
    home = tmp_path / "home"
    packages = Packages(home / "packages")
    try:
        with terminal(ask(script, "--json"), environment(home, index)) as screen:
            screen.until(b"add tiny-thing to the image? [y/N]", 90)
            assert "tiny-needed 1.0" in screen.words and "sha256" in screen.words
            screen.type(b"y\n")
            screen.until(b'"status": "answered"', 90)
            assert screen.end() == 0
        assert packages.lock.of(IMAGE).wanted == ("tiny-thing",)
        log = next((home / "sessions").glob("*.jsonl")).read_text().splitlines()
        kinds = [json.loads(line).get("kind") for line in log]
        assert {"decision", "packages_added"} <= set(kinds)
    finally:
        remove_images(packages)


def test_without_a_terminal_nothing_is_added_and_the_model_is_told(tmp_path: Path, index: Index) -> None:
    without = write_script(
        tmp_path / "s.json", program=PROGRAM, answer="Done without.", **{"code review": "```python\n6 * 7\n```"}
    )
    home = tmp_path / "home"
    done = subprocess.run(
        ask(without, "--json", "--yes"),  # which is about tools
        cwd=ROOT, env=environment(home, index), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120,
        check=False,
    )  # fmt: skip
    told = json.loads(done.stdout)
    assert (done.returncode, told["status"], told["repairs"]) == (0, "answered", 1)
    assert not (home / "packages" / "lock.json").exists()
    (log,) = (home / "sessions").glob("*.jsonl")
    prompts = [line for line in log.read_text().splitlines() if '"stage":"review"' in line and "stage_end" in line]
    assert prompts and "tiny-thing is not in the image, and adding it was not approved. Do without it." in prompts[0]
