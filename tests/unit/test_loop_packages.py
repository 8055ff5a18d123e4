"""What the loop does about a package that is missing: whom it asks, what it tells the model, when it asks nobody."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from agent.events import CellEnded, ErrorSeen, Event
from agent.file_events import DecisionAsked, DecisionMade, PackagesAdded
from agent.loop.outcome import Outcome
from agent.loop.packages import MissingPackages, PackageOptions, missing_module
from sandbox.errors import PackageRefused
from sandbox.fake_kernel import FakeKernel
from sandbox.image.adding import Offer
from sandbox.image.lock import LockedPackage

WHEEL = LockedPackage("opencv-python-headless", "4.12", "cv-4.12-py3-none-any.whl", "ab" * 32, 62_000_000)


@dataclass
class Source:
    """An index that has one package."""

    offered: list[str] = field(default_factory=list)
    added: list[Offer] = field(default_factory=list)
    packages: tuple[LockedPackage, ...] = (WHEEL,)
    refuses: bool = False

    def offer(self, image: str, name: str, progress: Callable[[str], None]) -> Offer:
        self.offered.append(name)
        if self.refuses:
            raise PackageRefused(f"{name} cannot be added: the index has no wheel of it", "hint")
        return Offer(image, name, self.packages, "not a name that many use" if name == "odd" else "")

    def add(self, offer: Offer, progress: Callable[[str], None]) -> tuple[str, tuple[LockedPackage, ...]]:
        self.added.append(offer)
        return "image:new", offer.packages


class Kernel(FakeKernel):
    """One whose image can be exchanged."""

    images: tuple[str, ...] = ()

    async def change_image(self, image: str) -> None:
        self.images += (image,)


@dataclass
class Case:
    """One session's packages, with all that it emitted and asked."""

    source: Source = field(default_factory=Source)
    approve: Any = "ask"
    says: bool = True
    theirs: frozenset[str] = frozenset()
    events: list[Event] = field(default_factory=list)
    asked: list[DecisionAsked] = field(default_factory=list)

    def __post_init__(self) -> None:
        from sandbox.events import KernelOptions

        self.kernel = Kernel(KernelOptions(), None)
        options = PackageOptions(self.source, "toolcoder-kernel", self.approve)
        self.packages = MissingPackages(
            options, self.kernel, self.events.append, self._ask, lambda name: name in self.theirs
        )

    async def _ask(self, event: Callable[[asyncio.Future[bool]], Event]) -> bool:
        asked = event(asyncio.get_running_loop().create_future())
        assert isinstance(asked, DecisionAsked)
        self.asked.append(asked)
        return self.says

    def made(self) -> list[tuple[bool, str]]:
        return [(event.allowed, event.by) for event in self.events if isinstance(event, DecisionMade)]


def failed(message: str = "No module named 'cv2'", exception: str = "ModuleNotFoundError") -> Outcome:
    return Outcome(CellEnded(1, "error", 0.1, error={"exception": exception, "message": message, "text": "Traceback"}))


async def test_a_person_who_agrees_gets_the_package_and_the_program_runs_again() -> None:
    case = Case()
    is_added, _ = await case.packages.settle(failed())
    assert is_added and case.kernel.images == ("image:new",) and case.packages.image == "image:new"
    assert case.made() == [(True, "person")]
    (asked,) = case.asked
    assert asked.what == "packages" and "opencv-python-headless 4.12, 62.0 MB, sha256 abab" in asked.details
    (added,) = (event for event in case.events if isinstance(event, PackagesAdded))
    assert added.image == "image:new" and added.packages[0]["sha256"] == WHEEL.sha256


async def test_a_person_who_refuses_is_asked_once_and_the_model_is_told() -> None:
    case = Case(says=False)
    for _ in range(2):
        is_added, outcome = await case.packages.settle(failed())
        assert not is_added and outcome.traceback.endswith("was not approved. Do without it.")
    assert case.made() == [(False, "person")] and not case.source.added and case.kernel.images == ()


async def test_nobody_to_ask_means_no() -> None:
    case = Case(approve="no")
    is_added, outcome = await case.packages.settle(failed())
    assert not is_added and "not approved" in outcome.traceback
    assert case.made() == [(False, "nobody")] and not case.asked and not case.source.added


async def test_only_a_setting_of_its_own_says_yes() -> None:
    case = Case(approve="yes")
    is_added, _ = await case.packages.settle(failed())
    assert is_added and not case.asked and case.made() == [(True, "policy")]


async def test_what_no_index_has_is_told_and_costs_no_turn() -> None:
    case = Case(source=Source(refuses=True))
    is_added, outcome = await case.packages.settle(failed("No module named 'nowhere_to_be_found'"))
    assert not is_added and "nowhere-to-be-found cannot be had. Do without it." in outcome.traceback
    assert [type(event) for event in case.events] == [ErrorSeen]


async def test_a_module_that_the_installed_package_lacks_is_no_package() -> None:
    case = Case(source=Source(packages=()))
    is_added, outcome = await case.packages.settle(failed("No module named 'numpy.nonsense'"))
    assert not is_added and not case.asked and "numpy is installed, but has no numpy.nonsense." in outcome.traceback


@pytest.mark.parametrize(
    "outcome",
    [
        failed("name 'cv2' is not defined", "NameError"),
        failed("No module named 'asyncio.nope'"),
        failed("No module named '_secret'"),
        failed("No module named 'mine'"),
        failed("cannot import name 'x' from 'numpy'", "ImportError"),
        Outcome(CellEnded(1, "timeout", 1.0)),
    ],
)
async def test_what_is_no_missing_package_asks_nobody(outcome: Outcome) -> None:
    case = Case(theirs=frozenset({"mine"}))
    assert await case.packages.settle(outcome) == (False, outcome)
    assert not case.source.offered and not case.events


async def test_a_kernel_without_an_image_is_left_alone() -> None:
    from sandbox.events import KernelOptions

    source = Source()
    bare = MissingPackages(PackageOptions(source, "x", "yes"), FakeKernel(KernelOptions(), None), print, print, bool)  # type: ignore[arg-type]
    assert (await bare.settle(failed()))[0] is False and not source.offered


async def test_a_session_asks_for_a_few_packages_and_no_more() -> None:
    case = Case(says=False)
    for n in range(8):
        is_added, outcome = await case.packages.settle(failed(f"No module named 'package_{n}'"))
        assert not is_added and "Do without it." in outcome.traceback
    assert len(case.asked) == 5


def test_pandas_names_its_optional_packages_in_its_own_way() -> None:
    message = "Missing optional dependency 'xlrd'. Use pip or conda to install xlrd."
    assert missing_module({"exception": "ImportError", "message": message}) == "xlrd"
    assert missing_module({"exception": "ImportError", "message": "something else"}) is None
    assert missing_module(None) is None
