"""Adding a package to a kernel image, in two steps: what would be added (to be shown), and doing it (once approved)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sandbox.errors import PackageRefused
from sandbox.image.derive import image_target, image_with_packages, remove_derived
from sandbox.image.distributions import canonical, is_known, looks_like
from sandbox.image.lock import ImageLock, LockedPackage, PackageLock
from sandbox.image.resolve import fetch, resolve


@dataclass(frozen=True)
class Offer:
    """What adding `name` to `image` would bring. `packages` is empty where the image has it already.

    `warning`: the name is not that of a distribution that many use, and may be mistaken for one.
    """

    image: str
    name: str
    packages: tuple[LockedPackage, ...]
    warning: str = ""

    @property
    def n_bytes(self) -> int | None:
        """Of all wheels together; None where the index did not say."""
        sizes = [package.n_bytes for package in self.packages]
        return None if None in sizes else sum(size for size in sizes if size is not None)


class Packages:
    """Of one state folder. All methods block: seconds, and minutes where much is downloaded."""

    def __init__(self, home: Path) -> None:
        self.lock = PackageLock(home)

    def image(self, image: str, progress: Callable[[str], None]) -> str:
        """`image`, or the one that has what was added to it. Raises as `image_with_packages`."""
        return image_with_packages(self.lock, image, progress)

    def offer(self, image: str, name: str, progress: Callable[[str], None]) -> Offer:
        """Look up what `name` would bring, without changing anything.

        Raises:
            PackageRefused: no such package, none that fits, or it does not go together with the image's.
            ImageMissing, EngineMissing: the image cannot be looked at.
        """
        target = image_target(self.image(image, progress))
        plain = canonical(name.partition("==")[0])
        if plain in {canonical(own) for own, _ in target.installed}:
            return Offer(image, name, ())
        return Offer(image, name, resolve([name], target), _warning(plain))

    def add(self, offer: Offer, progress: Callable[[str], None]) -> tuple[str, tuple[LockedPackage, ...]]:
        """Download, lock and build; the image's name and the packages with their sizes. A failure changes nothing.

        Raises:
            PackageRefused: a wheel is another one by now, or cannot be installed.
            ImageMissing, EngineMissing: the engine failed.
        """
        before = self.lock.of(offer.image)
        packages = fetch(offer.packages, image_target(offer.image), self.lock.wheels)
        wanted = (*before.wanted, canonical(offer.name.partition("==")[0]))
        lock = ImageLock(offer.image, tuple(dict.fromkeys(wanted)), _united(before.packages, packages))
        return self._change(before, lock, progress), packages

    def remove(self, image: str, names: Sequence[str], progress: Callable[[str], None]) -> str:
        """Take packages away, and what only they needed; the image's name.

        Raises:
            PackageRefused: one was not added by name.
        """
        before = self.lock.of(image)
        gone = {canonical(name) for name in names}
        if missing := gone - set(before.wanted):
            raise PackageRefused(f"{', '.join(sorted(missing))} was not added to {image}.", _LIST)
        wanted = tuple(name for name in before.wanted if name not in gone)
        kept: tuple[LockedPackage, ...] = ()
        if wanted:
            needed = {package.name for package in resolve(wanted, image_target(image), wheels=self.lock.wheels)}
            kept = tuple(package for package in before.packages if package.name in needed)
        left = self._change(before, replace(before, wanted=wanted, packages=kept), progress)
        if not kept:
            remove_derived(self.lock, image)
        return left

    def _change(self, before: ImageLock, lock: ImageLock, progress: Callable[[str], None]) -> str:
        self.lock.save(lock)
        try:
            return self.image(lock.image, progress)
        except BaseException:  # also Ctrl-C: what cannot be built must not stand in the way of every later start
            self.lock.save(before)
            raise


_LIST = "`toolcoder sandbox packages list` shows what was."


def _united(before: Sequence[LockedPackage], added: Sequence[LockedPackage]) -> tuple[LockedPackage, ...]:
    by_name = {package.name: package for package in (*before, *added)}
    return tuple(by_name[name] for name in sorted(by_name))


def _warning(name: str) -> str:
    if (known := looks_like(name)) is not None:
        return f"{name} is not {known}, though their names are alike: make sure that it is what you want"
    if not is_known(name):
        return f"{name} is not among the packages that many use: make sure that it is what you want"
    return ""
