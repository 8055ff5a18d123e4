"""ToolLLaMA-2 (Table 6): AutoGPT's instructions, the tools as JSON, then Thought / Action / Action Input turns.

The generation prompt ends with `Assistant:` and a newline, as the family's own inference has it; its end is the call
`Finish`, which an answer of ours is written as. One call a turn.
"""

from __future__ import annotations

from dataclasses import dataclass

from train.rows import Call, Called, CallsRow, Said
from train.templates.base import Segment, before_stop, is_target, one_call_a_turn, system_text, talk, text_of
from train.templates.react import react_call, read_react, write_thought
from train.templates.tool_json import tool_object
from train.templates.written import Pen, dumped

_SYSTEM = """\
You are AutoGPT, you can use many tools(functions) to do the following task.
First I will give you the task description, and your task start.
At each step, you need to give your thought to analyze the status now and what to do next, \
with a function call to actually excute your step. Your output should follow this format:
Thought:
Action
Action Input:

After the call, you will get the call result, and you are now in a new state.
Then you will analyze your status now, then decide what to do next...
After many (Thought-call) pairs, you finally perform the task, then you can give your finial answer.
Remember: 
1.the state change is irreversible, you can't go back to one of the former state, if you want to restart the task, \
say "I give up and restart".
2.All the thought is short, at most in 5 sentence.
3.You can do more then one trys, so if your plan is to continusly try some conditions, \
you can do one of the conditions per try.
Let's Begin!
Task description: You should use functions to help handle the real time user querys. Remember:
1.ALWAYS call "Finish" function at the end of the task. And the final answer should contain enough information to show \
to the user,If you can't handle the task, or you find that function calls always fail(the function is not valid now), \
use function Finish->give_up_and_restart.
2.Do not use origin tool names, use only subfunctions' names.
Specifically, you have access to the following APIs: """  # noqa: W291 - the family's own space
_ROLES = {"user": "User", "tool": "Function"}
_FINISH = "Finish"
_OPEN = "Assistant:\n"


@dataclass(frozen=True)
class ToolLlama:
    """`eos`: the tokenizer's end token."""

    eos: str = "</s>"
    name: str = "toolllama"
    adds_special_tokens: bool = True
    closes_every_turn: bool = False

    @property
    def stop(self) -> tuple[str, ...]:
        return (self.eos, "\nFunction:", "\nUser:", "\nAssistant:")

    def render(self, row: CallsRow) -> tuple[Segment, ...]:
        segments = self._segments(row)
        if segments[-2:-1] == [Segment(_OPEN)]:  # the last turn is the assistant's: it ends with the end token
            last = segments[-1]
            segments[-1] = Segment(last.text.removesuffix("\n") + self.eos, last.is_target, last.calls)
        return tuple(segments)

    def prompt(self, row: CallsRow) -> str:
        return text_of(self._segments(row)) + _OPEN

    def parse(self, completion: str) -> Called | Said | None:
        read = read_react(before_stop(completion, self.stop))
        match read:
            case Called(calls=(Call(name=name, args=args),)) if name == _FINISH and "return_type" in args:
                return Said("assistant", str(args.get("final_answer", "")))
            case _:
                return read

    def _segments(self, row: CallsRow) -> list[Segment]:
        """Every turn ends with a newline, also the last."""
        told = system_text(row)
        tools = dumped([tool_object(tool) for tool in row.tools])
        segments = [Segment(f"System: {_SYSTEM}{tools}{chr(10) if told else ''}{told}\n")]
        for turn in one_call_a_turn(talk(row)):
            if isinstance(turn, Said) and turn.role != "assistant":
                segments.append(Segment(f"{_ROLES[turn.role]}: {turn.text}\n"))
                continue
            segments.append(Segment(_OPEN))
            segments.append(_written(turn).write("\n").segment(is_target(turn)))
        return segments


def _written(turn: Called | Said) -> Pen:
    if isinstance(turn, Said):
        answer = Call(_FINISH, {"return_type": "give_answer", "final_answer": turn.text})
        return Pen().write(react_call(answer)[0])  # no span: it competes with no tool of the list
    pen = write_thought(Pen(), turn.thought)
    for call in turn.calls:
        text, span = react_call(call)
        pen.call(span, text)
    return pen
