"""A task as the sections of a compact document, under a header's names for tools and fields."""

from __future__ import annotations

from agent.prompts import compact
from agent.prompts.base import PromptContext, Stage
from train.bundled.headers import Rendering
from train.bundled.task import Task


def _context(task: Task, rendering: Rendering) -> PromptContext:
    """What the loop would know at the end of the task's life; stages read what they need."""
    scaffold = task.scaffold
    plan = "\n".join(f"    # Step {i}. {step}" for i, step in enumerate(task.steps, 1))
    select = "\n".join("    " + line for line in task.pseudocode)
    return PromptContext(
        question=task.question,
        tools=rendering.tools,
        scaffold=scaffold,
        plan=plan,
        pseudocode=rendering.rename(select),
        program=rendering.rename(task.broken or task.program),
        traceback=rendering.rename(task.traceback),
    )


def task_sections(task: Task, rendering: Rendering) -> list[tuple[str, str]]:
    """From the question on, without the header; the last section ends with `<end>`."""
    context = _context(task, rendering)
    if task.beyond or not rendering.covers(task.program):
        return [*compact.sections_before(Stage.ROUTE, context)[1:], ("route", "beyond")]
    sections = compact.sections_before(Stage.REVIEW, context)[1:]
    if not task.broken:
        return sections[:-1]
    return [*sections, ("review", compact.tight_program(rendering.rename(task.program)))]
