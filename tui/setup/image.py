"""The kernel image: built by `sandbox.image.build`, which knows how; asked for here only when something changed."""

from __future__ import annotations

import shutil

from tui.setup import debian, engine
from tui.setup.checkout import Checkout, fingerprint
from tui.setup.steps import SetupError, run_logged, step

NOTE = "image"
IMAGE_NAME = "toolcoder-kernel"


def make_ready(checkout: Checkout) -> int:
    """An image made of these very sources. Returns how many steps were taken (0: it is there).

    Raises:
        SetupError: it cannot be built.
    """
    sources = fingerprint([checkout.root / "sandbox" / "image", checkout.root / "sandbox" / "runtime"])
    host = engine.find().host
    note = checkout.note(NOTE)
    found = engine.image_id(host, IMAGE_NAME)
    if found is not None and note == {"sources": sources, "image": found}:
        return 0
    try:
        _build(checkout)
    except SetupError:
        # Where no registry answers, the base comes from debootstrap; an engine that was here before us came without it.
        if shutil.which("debootstrap") is not None or not debian.can_install():
            raise
        debian.install(
            ["debootstrap"], checkout.log_path, why="the base of the kernel image, where no registry answers"
        )
        _build(checkout)
    if (built := engine.image_id(host, IMAGE_NAME)) is not None:
        checkout.write_note(NOTE, {"sources": sources, "image": built})
    return 1


def _build(checkout: Checkout) -> None:
    with step("Kernel image") as running:
        command = [str(checkout.venv_python), "-m", "sandbox.image.build"]
        run_logged(command, running, checkout.log_path, advice="`.venv/bin/toolcoder doctor` says more.")
