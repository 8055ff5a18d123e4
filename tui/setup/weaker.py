"""bubblewrap, which the weaker sandbox runs on: its tests need it, and on Debian we may install it as root."""

from __future__ import annotations

import platform
import shutil

from tui.setup import debian
from tui.setup.checkout import Checkout


def make_ready(checkout: Checkout) -> int:
    """Install bubblewrap where that is ours to do; elsewhere its tests say what to install. How many steps it took.

    Raises:
        tui.setup.steps.SetupError: apt-get failed.
    """
    if platform.system() != "Linux" or shutil.which("bwrap") is not None or not debian.can_install():
        return 0
    debian.install(["bubblewrap"], checkout.log_path, why="the tests of the weaker sandbox use it")
    return 1
