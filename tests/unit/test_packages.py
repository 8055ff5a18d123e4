"""Names of packages, the list of what was added, and what pip's report is taken for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sandbox.errors import PackageRefused
from sandbox.image import recipe
from sandbox.image.adding import _warning
from sandbox.image.distributions import distribution_of, is_name, looks_like
from sandbox.image.lock import ImageLock, LockedPackage, PackageLock
from sandbox.image.resolve import _package
from sandbox.image.resolve import _reason as reason


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("cv2", "opencv-python-headless"),
        ("sklearn.linear_model", "scikit-learn"),
        ("PIL", "pillow"),
        ("yaml", "pyyaml"),
        ("bs4", "beautifulsoup4"),
        ("polars", "polars"),
        ("some_thing", "some-thing"),
        ("os.path", None),
        ("_private", None),
        ("tkinter", None),
        ("ünicode", None),
    ],
)
def test_imports_have_distributions(module: str, name: str | None) -> None:
    assert distribution_of(module) == name


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("reqeusts", "requests"),
        ("request", "requests"),
        ("requestss", "requests"),
        ("python-requests", "requests"),
        ("scikitlearn", "scikit-learn"),
        ("pandsa", "pandas"),
        ("numpy3", "numpy"),
        ("Pillow", None),
        ("requests", None),
        ("networkx", None),
        ("my-own-thing", None),
    ],
)
def test_names_that_only_look_like_a_known_one_are_noticed(name: str, known: str | None) -> None:
    assert looks_like(name) == known


def test_what_few_use_is_said() -> None:
    assert "is not requests" in _warning("reqeusts")
    assert "not among the packages that many use" in _warning("my-own-thing")
    assert _warning("polars") == ""


@pytest.mark.parametrize(
    "name",
    ["", "-r", "--index-url", "git+https://x/y", "https://x/y.whl", "./folder", "a b", "a;b", "a\n", "a/b", "x" * 200],
)
def test_nothing_but_a_name_reaches_pip(name: str) -> None:
    assert not is_name(name)


def test_the_list_is_kept_and_wheels_that_nothing_needs_go(tmp_path: Path) -> None:
    lock = PackageLock(tmp_path / "packages")
    assert lock.of("image").packages == () and lock.all() == []
    lock.wheels.mkdir(parents=True)
    wheel = lock.wheels / "a-1-py3-none-any.whl"
    wheel.write_bytes(b"wheel")
    digest = "a8a39fe7ac3bd1bbb8bb6bb3d57e4ca4b4dc8a2f4b1ce3f4b25ba4a8f25ff9ae"
    own = ImageLock("image", ("a",), (LockedPackage("a", "1", wheel.name, digest, 5),))
    lock.save(own)
    assert lock.all() == [own] and wheel.exists()
    assert own.requirements == f"a==1 --hash=sha256:{digest}\n".encode()
    with pytest.raises(PackageRefused, match="not the one that was approved"):
        list(lock.checked_wheels(own))
    lock.save(ImageLock("image"))
    assert lock.all() == [] and not wheel.exists()


@pytest.mark.parametrize("content", ["{", "[]", '{"version": 2, "images": {}}', '{"version": 1, "images": {"x": {}}}'])
def test_a_damaged_list_is_said_to_be_one(tmp_path: Path, content: str) -> None:
    (tmp_path / "lock.json").write_text(content)
    with pytest.raises(PackageRefused, match="cannot be read"):
        PackageLock(tmp_path).all()


def test_only_wheels_with_hashes_are_taken() -> None:
    def item(url: str, hashes: dict[str, str]) -> dict[str, Any]:
        metadata = {"name": "Some.Thing", "version": "1"}
        return {"metadata": metadata, "download_info": {"url": url, "archive_info": {"hashes": hashes}}}

    good = _package(item("file:///nowhere/some%20thing-1-py3-none-any.whl", {"sha256": "ab"}))
    assert good == LockedPackage("some-thing", "1", "some thing-1-py3-none-any.whl", "ab", None)
    for bad in (item("file:///x/y-1.tar.gz", {"sha256": "ab"}), item("file:///x/y-1-py3-none-any.whl", {})):
        with pytest.raises(PackageRefused, match="no sha256 for it, or no wheel"):
            _package(bad)


def test_pips_words_become_a_reason() -> None:
    missing = "WARNING: x\nERROR: Could not find a version\nERROR: No matching distribution found for zz\n"
    assert reason(missing) == "the index has no wheel of it that fits this image"
    assert "does not go together" in reason("ERROR: Cannot install x\nERROR: ResolutionImpossible: for help\n")
    assert reason("/usr/bin/python: No module named pip\n") == "this Python has no pip"


def test_both_images_come_from_one_dockerfile() -> None:
    slim, science = dict(recipe.files(recipe.SLIM)), dict(recipe.files(recipe.SCIENCE))
    assert slim.keys() == science.keys() and slim["Dockerfile"] == science["Dockerfile"]
    assert science["requirements.txt"].startswith(slim["requirements.txt"])
    names = [line.partition(b"==")[0] for line in science["requirements.txt"].split(b"\n") if b"==" in line]
    assert len(names) == len(set(names))
    assert {b"numpy", b"pandas", b"scipy", b"matplotlib", b"scikit-learn"} <= set(names)
    assert recipe.current_hashes() == {recipe.recipe_hash(recipe.SLIM), recipe.recipe_hash(recipe.SCIENCE)}
    assert [recipe.image_name(name) for name in ("slim", "science", "mine:1")] == [
        "toolcoder-kernel",
        "toolcoder-kernel-science",
        "mine:1",
    ]
