"""`toolcoder sandbox bench`: how fast kernels are on this machine, beside a bare one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from sandbox.bench.figures import Figures

_WIDTH = 48


def mount(app: typer.Typer) -> None:
    """Add the command to `toolcoder sandbox`."""
    app.command("bench")(bench_command)


def bench_command(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    quick: Annotated[bool, typer.Option("--quick", help="Fewer repetitions: seconds, and rougher figures.")] = False,
) -> None:
    """Measure starts, cells, tool calls, output, interrupts and memory, beside a bare kernel. One to two minutes."""
    import asyncio

    from sandbox.bench.measure import QUICK, Effort, measure
    from sandbox.events import KernelOptions
    from tui.from_settings import container_limits
    from tui.images import image_name
    from tui.plain import plain_json
    from tui.settings_load import load_settings
    from tui.standard_streams import emit, narrate

    settings = load_settings().sandbox
    options = KernelOptions(
        image=image_name(settings.image),
        limits=container_limits(settings),
        transport=settings.transport,
        runtime=settings.runtime,
    )
    effort = QUICK if quick else Effort()
    figures = asyncio.run(measure(options, lambda step: narrate(f"  {step}\n"), effort))
    emit(plain_json(figures.as_object(), indent=2) + "\n" if as_json else table(figures))


def table(figures: Figures) -> str:
    """The figures for a person, a line each."""
    local = figures.local_cell
    rows = [
        ("cold start to a finished cell", f"{figures.cold_s:.2f} s", ""),
        ("start from a spare to a finished cell", _ms(figures.spare_s), ""),
        ("cell, p50", f"{figures.cell.p50:.2f} ms", f"bare kernel {local.p50:.2f} ms" if local else ""),
        ("cell, p95 and p99", f"{figures.cell.p95:.2f} and {figures.cell.p99:.2f} ms", ""),
        ("tool call, p50, from inside", f"{figures.tool_call.p50:.3f} ms", f"p95 {figures.tool_call.p95:.3f} ms"),
        ("interrupt to the cell's end", f"{figures.interrupt_ms:.0f} ms", ""),
        ("stuck kernel killed to a fresh one's cell", f"{figures.kill_to_fresh_s:.2f} s", ""),
        ("the same where a spare waits", _ms(figures.kill_to_spare_s), ""),
        ("kernel that killed itself to a fresh one's cell", f"{figures.death_to_fresh_s:.2f} s", ""),
        ("10 MB printed", f"{figures.print_10mb_s:.2f} s", f"{figures.lost_bytes_10mb} bytes lost"),
        ("100 MB printed", f"{figures.print_100mb_s:.2f} s", f"{figures.lost_bytes_100mb} bytes lost"),
    ]
    if figures.idle_kernel_mb is not None:
        engine = f"and {figures.engine_per_kernel_mb:.0f} of the engine's" if figures.engine_per_kernel_mb else ""
        rows.append(("memory of an idle kernel", f"{figures.idle_kernel_mb:.0f} MB", engine))
        rows.append(("idle kernels in 8 GB", str(figures.fitting(8 << 30)), ""))
    lines = [f"{name:<{_WIDTH}} {value:>18}  {beside}".rstrip() for name, value, beside in rows]
    return "\n".join([*lines, *figures.notes, f"load average before: {figures.load_before:.2f}"]) + "\n"


def _ms(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds * 1e3:.0f} ms"
