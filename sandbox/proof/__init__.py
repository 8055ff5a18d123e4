"""Proof of the sandbox's promises, from inside the actual kernel: promised, seen, what to do about it.

`prove(options, kind)` opens a kernel as a session would, lets `inside.py` look around in it, sets lures on the
host, and judges what was seen. Who calls it: `toolcoder doctor --sandbox`.
"""

from __future__ import annotations

from sandbox.proof.finding import Finding, Verdict

__all__ = ["Finding", "Verdict", "prove"]


def __getattr__(name: str) -> object:
    if name == "prove":  # it needs the kernel's libraries
        from sandbox.proof.proving import prove

        return prove
    raise AttributeError(name)
