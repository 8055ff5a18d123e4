"""The kernelspec as other people's Jupyter sees it: Jupyter's own suite of tests, and the commands that install it."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any, ClassVar

import jupyter_kernel_test
import pytest

from sandbox import kernelspec
from tui import cli

VARIABLES = ("JUPYTER_PATH", "JUPYTER_RUNTIME_DIR")


@pytest.mark.docker
class TestSuiteOfJupyter(jupyter_kernel_test.KernelTests):  # type: ignore[misc]
    """Every part of the suite is asked for; what it would skip is a failure here."""

    kernel_name = kernelspec.NAME
    language_name = "python"
    file_extension = ".py"
    code_hello_world = "print('hello, world')"
    code_stderr = "import sys; print('oops', file=sys.stderr)"
    completion_samples: ClassVar[list[dict[str, Any]]] = [
        {"text": "zi", "matches": {"zip"}},
        {"text": "import tab", "matches": {"tabnanny"}},
    ]
    complete_code_samples: ClassVar[list[str]] = ["1", "print('hello')", "def f(x):\n    return x * 2\n\n\n"]
    incomplete_code_samples: ClassVar[list[str]] = ["print('''hello", "def f(x):\n    x * 2"]
    invalid_code_samples: ClassVar[list[str]] = ["import = 7q"]
    code_page_something = "zip?"
    code_generate_error = "raise ValueError('on purpose')"
    code_execute_result: ClassVar[list[dict[str, str]]] = [
        {"code": "1 + 2 + 3", "result": "6"},
        {"code": "[n * n for n in range(1, 4)]", "result": "[1, 4, 9]"},
    ]
    code_display_data: ClassVar[list[dict[str, str]]] = [
        {"code": "from IPython.display import HTML, display; display(HTML('<b>test</b>'))", "mime": "text/html"},
        {"code": "from IPython.display import Math, display; display(Math('x^2'))", "mime": "text/latex"},
    ]
    code_history_pattern = "1 + 2 + ?"
    supported_history_operations = ("tail", "range", "search")
    code_inspect_sample = "zip"
    code_clear_output = "from IPython.display import clear_output; clear_output()"
    folder: ClassVar[Path]
    before: ClassVar[dict[str, str | None]]

    @classmethod
    def setUpClass(cls) -> None:
        cls.folder = Path(tempfile.mkdtemp(prefix="tc-jupyter-"))
        cls.before = {name: os.environ.get(name) for name in VARIABLES}
        os.environ["JUPYTER_PATH"] = str(kernelspec.install(prefix=cls.folder).parents[1])
        os.environ["JUPYTER_RUNTIME_DIR"] = str(cls.folder / "runtime")
        jupyter_kernel_test.SkipTest = AssertionError
        super().setUpClass()

    @classmethod
    def tearDownClass(cls) -> None:
        super().tearDownClass()
        cls.km.context.destroy()
        for name, value in cls.before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
        shutil.rmtree(cls.folder)

    def test_input_is_asked_of_the_client(self) -> None:
        self.flush_channels()
        self.kc.execute("answer = input('Who? ')", allow_stdin=True)
        asked = self.kc.get_stdin_msg(timeout=60)
        assert (asked["msg_type"], asked["content"]["prompt"]) == ("input_request", "Who? ")
        self.kc.input("Sofia")
        assert self.get_non_kernel_info_reply(timeout=60)["content"]["status"] == "ok"
        self.flush_channels()
        _, messages = self.execute_helper("answer")
        assert messages[-1]["content"]["data"]["text/plain"] == "'Sofia'"

    def test_interrupt_and_restart(self) -> None:
        self.flush_channels()
        self.execute_helper("kept = 1")
        self.kc.execute("import time; time.sleep(60)")
        while self.kc.get_iopub_msg(timeout=60)["msg_type"] != "execute_input":
            pass
        self.km.interrupt_kernel()
        reply = self.get_non_kernel_info_reply(timeout=60)
        assert (reply["content"]["status"], reply["content"]["ename"]) == ("error", "KeyboardInterrupt")
        self.flush_channels()
        _, messages = self.execute_helper("kept")
        assert messages[-1]["content"]["data"]["text/plain"] == "1"
        self.km.restart_kernel(now=True)
        self.kc.wait_for_ready(timeout=60)
        self.flush_channels()
        reply, _ = self.execute_helper("kept")
        assert reply["content"]["ename"] == "NameError"


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    code = cli.run(["sandbox", "kernelspec", *words])
    return code, capsys.readouterr().out


def test_installed_shown_and_removed_for_a_user(
    private_home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(private_home / "jupyter"))
    monkeypatch.setenv("TOOLCODER_SANDBOX_IMAGE", "science")
    code, out = run(capsys, "install", "--user", "--json")
    folder = private_home / "jupyter" / "kernels" / "toolcoder-docker"
    assert code == 0
    assert json.loads(out) == {"name": "toolcoder-docker", "folder": str(folder), "has_provisioner": True}
    code, out = run(capsys, "show", "--json")
    shown = json.loads(out)
    provisioner = {"provisioner_name": "toolcoder-docker", "config": {"image": "toolcoder-kernel-science"}}
    assert (code, shown["folder"]) == (0, str(folder))
    assert shown["spec"]["metadata"]["kernel_provisioner"] == provisioner
    assert json.loads(folder.joinpath("kernel.json").read_text()).items() <= shown["spec"].items()
    assert folder.stat().st_mode & 0o777 == 0o755
    assert json.loads(run(capsys, "remove", "--json")[1])["removed"] == str(folder)
    assert not folder.exists()
    assert json.loads(run(capsys, "remove", "--json")[1])["removed"] is None
    assert json.loads(run(capsys, "show", "--json")[1])["folder"] is None
    assert run(capsys, "show") == (2, "")


def test_installed_for_an_environment(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out = run(capsys, "install", "--prefix", str(tmp_path))
    folder = tmp_path / "share" / "jupyter" / "kernels" / "toolcoder-docker"
    assert code == 0 and str(folder) in out and folder.joinpath("kernel.json").is_file()
    assert run(capsys, "install", "--prefix", str(tmp_path), "--user")[0] == 2
    assert run(capsys, "install", "--prefix", "/proc/nowhere")[0] != 0
