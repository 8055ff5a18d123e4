"""A program that imports what the image lacks: the package is offered to the person, and added where they agree.

An approval of tools (`--yes`) does not cover it, since it brings code of strangers in. Where nobody can be asked it is
refused, and the model is told so: it may do without.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol

from agent.events import ErrorSeen, Event
from agent.file_events import DecisionAsked, DecisionMade, PackagesAdded
from agent.loop.outcome import Outcome
from agent.loop.session_files import AskPerson
from sandbox.errors import SandboxError
from sandbox.image.adding import Offer
from sandbox.image.distributions import distribution_of
from sandbox.image.lock import LockedPackage
from sandbox.kernel import ImageKernel, Kernel

_MISSING = re.compile(r"No module named '([\w.]+)'")
_OPTIONAL = re.compile(r"Missing optional dependency '([\w.]+)'")
_N_OFFERS = 5
ONLINE_MODULES = frozenset(
    "requests httpx aiohttp urllib3 pycurl websocket websockets wikipedia yfinance spotipy tmdbsimple openai boto3 "
    "googleapiclient praw tweepy selenium playwright paramiko".split()
)
"""Modules that are of no use where there is no network: their packages are not offered."""


class PackageSource(Protocol):
    """`sandbox.image.adding.Packages`, and scripted ones in tests. All methods block."""

    def offer(self, image: str, name: str, progress: Callable[[str], None]) -> Offer:
        """What adding would bring."""
        ...

    def add(self, offer: Offer, progress: Callable[[str], None]) -> tuple[str, tuple[LockedPackage, ...]]:
        """Do it; the image's new name and the packages."""
        ...


@dataclass(frozen=True)
class PackageOptions:
    """`image` is the one without additions. `approve`: `yes` adds without asking (only by a setting of its own)."""

    source: PackageSource
    image: str
    approve: Literal["ask", "yes", "no"] = "ask"


@dataclass(frozen=True)
class _Lack:
    """Why a package is not there, for the model; what the person can do, where they can."""

    told: str
    hint: str = ""


class MissingPackages:
    """Of one session. Who calls it: the turn, after a program failed."""

    def __init__(
        self,
        options: PackageOptions,
        kernel: Kernel,
        emit: Callable[[Event], None],
        ask: AskPerson,
        holds_module: Callable[[str], bool],
    ) -> None:
        """`holds_module`: whether the person's folder has a module of that name; it is theirs, not an index's."""
        self._options = options
        self._kernel = kernel
        self._emit = emit
        self._ask = ask
        self._holds_module = holds_module
        self._settled: dict[str, _Lack] = {}
        self.image: str | None = None
        """The image of the session's kernel, once something was added."""

    async def settle(self, outcome: Outcome) -> tuple[bool, Outcome]:
        """Whether a package was added, so that the same program can run again; and the outcome, to which is added what
        the model must know where it was not."""
        module = missing_module(outcome.end.error)
        if module is None or not isinstance(self._kernel, ImageKernel) or self._holds_module(module):
            return False, outcome
        name = distribution_of(module)
        if name is None or module.partition(".")[0] in ONLINE_MODULES:
            return False, outcome
        if name not in self._settled and len(self._settled) < _N_OFFERS:
            lack = await self._offer(module, name, self._kernel)
            if lack is None:
                self._settled[name] = _Lack(f"{name} is installed, but has no {module}.")
                return True, outcome
            self._settled[name] = lack
        lack = self._settled.get(name) or _Lack(f"The package {name} is not there.")
        told = f"{outcome.kernel}\n{lack.told} Do without it.".strip()
        return False, replace(outcome, kernel=told, package=name, package_hint=lack.hint)

    async def _offer(self, module: str, name: str, kernel: ImageKernel) -> _Lack | None:
        """None where the package is there now."""
        options, begun = self._options, time.monotonic()
        try:
            offer = await asyncio.to_thread(options.source.offer, options.image, name, _quiet)
            if not offer.packages:
                return _Lack(f"{name} is installed, but has no {module}.")
            if not await self._allowed(module, offer):
                hint = f"`toolcoder sandbox packages add {name}` adds it; in a terminal you are asked"
                return _Lack(f"The package {name} is not in the image, and adding it was not approved.", hint)
            image, packages = await asyncio.to_thread(options.source.add, offer, _quiet)
            await kernel.change_image(image)
            self.image = image
        except SandboxError as error:
            self._emit(ErrorSeen("packages", str(error), error.hint))
            return _Lack(f"The package {name} cannot be had.")
        added = tuple(package.as_json() for package in packages)
        self._emit(PackagesAdded(name, added, image, time.monotonic() - begun))
        return None

    async def _allowed(self, module: str, offer: Offer) -> bool:
        asked = f"package-{len(self._settled) + 1}"
        match self._options.approve:
            case "yes":
                self._emit(DecisionMade(asked, "packages", True, "policy"))
                return True
            case "no":
                self._emit(DecisionMade(asked, "packages", False, "nobody"))
                return False
        question = f"add {offer.name} to the image?"
        details = f"The program imports {module}, which the image does not have.\n{details_of(offer)}"
        allowed = await self._ask(lambda future: DecisionAsked(asked, "packages", question, details, future))
        self._emit(DecisionMade(asked, "packages", allowed, "person"))
        return allowed


def details_of(offer: Offer) -> str:
    """What a person reads before they decide."""
    lines = [f"Wheels for {offer.image}, to be downloaded with this machine's pip and installed without network:"]
    lines += [f"  {p.name} {p.version}, {_size(p.n_bytes)}, sha256 {p.sha256[:16]}" for p in offer.packages]
    if len(offer.packages) > 1:
        lines.append(f"  together {_size(offer.n_bytes)}")
    if offer.warning:
        lines.append(f"Careful: {offer.warning}.")
    return "\n".join(lines)


def _size(n_bytes: int | None) -> str:
    if n_bytes is None:
        return "size unknown"
    return f"{n_bytes / 1e6:.1f} MB" if n_bytes >= 1e6 else f"{n_bytes / 1e3:.0f} kB"


def missing_module(error: dict[str, Any] | None) -> str | None:
    """The module whose import failed, as far as the error tells."""
    if error is None:
        return None
    message = str(error.get("message", ""))
    match error.get("exception"):
        case "ModuleNotFoundError":
            found = _MISSING.match(message)
        case "ImportError":  # how pandas says it
            found = _OPTIONAL.search(message) or _MISSING.match(message)
        case _:
            return None
    return found[1] if found else None


def _quiet(line: str) -> None:
    """The steps of a build are nothing that a chat shows."""
