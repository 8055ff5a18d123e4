"""Other people's Jupyter clients use our kernels through the provisioner's entry point."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient

pytestmark = pytest.mark.docker

SPEC = {
    "argv": [],
    "display_name": "Python in a container",
    "language": "python",
    "metadata": {"kernel_provisioner": {"provisioner_name": "toolcoder-docker", "config": {"memory_bytes": 400 << 20}}},
}

CODE = """
import os
print(os.getcwd())
limits = '/sys/fs/cgroup/memory/memory.limit_in_bytes', '/sys/fs/cgroup/memory.max'
open([path for path in limits if os.path.exists(path)][0]).read().strip()
"""


async def test_nbclient_runs_a_notebook(tmp_path: Path) -> None:
    folder = tmp_path / "kernels" / "toolcoder-docker"
    folder.mkdir(parents=True)
    folder.joinpath("kernel.json").write_text(json.dumps(SPEC))
    specs = KernelSpecManager(kernel_dirs=[str(tmp_path / "kernels")])
    manager = AsyncKernelManager(kernel_name="toolcoder-docker", kernel_spec_manager=specs)
    v4: Any = nbformat.v4
    notebook = v4.new_notebook(cells=[v4.new_code_cell(CODE)])
    client = NotebookClient(notebook, km=manager, timeout=60)
    await client.async_execute()
    printed, result = notebook.cells[0].outputs
    assert printed["text"] == "/tmp\n"
    assert result["data"]["text/plain"] == repr(str(400 << 20))
    assert await manager.is_alive()
    assert client.kc is not None
    client.kc.stop_channels()
    await manager.shutdown_kernel(now=True)
    assert not await manager.is_alive()
