"""What answers a model's calls in work over several turns: recorded observations, or real tools."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from train.evaluate.recorded import RecordedEnvironment
from train.formats.item import Item
from train.rl.environment import Environment
from tui.failures import UsageProblem
from tui.train_eval.request import EvalRequest

_RECORDED = "simulated_observations*.json"


def environment_of(request: EvalRequest, items: Sequence[Item]) -> Environment:
    """`--tools`, else `--observations`, else the observations that lie beside the data.

    Raises:
        UsageProblem: there is none of these.
        DataError: the observations cannot be read.
    """
    if request.tools is not None:
        return _hosted(request.tools, items, yes=request.yes)
    path = request.observations or _beside((request.data or Path()).expanduser())
    if path is None:
        hint = "Give --observations FILE (ToolAlpaca's form), or --tools with a folder of tool.py files or any source."
        raise UsageProblem("nothing answers the calls", hint)
    return RecordedEnvironment(path.expanduser(), items)


def _beside(data: Path) -> Path | None:
    folder = data.parent if data.is_file() else data
    return next(iter(sorted(folder.glob(_RECORDED))), None)


def _hosted(source: str, items: Sequence[Item], *, yes: bool) -> Environment:
    from agent.log.redact import Redactor
    from tui.settings_load import load_settings
    from tui.tools_factory import host_rules, make_vault, source_options
    from tui.train_eval.hosted_tools import HostedTools

    tools = load_settings().tools
    vault = make_vault()
    redactor = Redactor(vault.known_values)
    topics = {item.id: item.topic for item in items}
    return HostedTools(source, topics, source_options(tools, vault, redactor), host_rules(tools, redactor), yes=yes)
