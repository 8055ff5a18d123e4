"""Before a call: may it be made? By the person's rules, by what they approved before, else by asking them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from agent.calls.spec import ToolSpec
from agent.errors import AgentError
from agent.events import ApprovalAsked, ApprovalGiven, ApprovalReply, ErrorSeen, Event, Scope
from agent.tools.approvals import Approvals, identity
from agent.tools.asking import Asker
from agent.tools.base import Tool
from agent.tools.checks import check_arguments
from agent.tools.feedback import ArgumentsRefused, CallRefused
from agent.tools.policy import Policy
from sandbox.kernel import ToolRequest

Approve = Literal["ask", "yes", "no"]
"""What an `ask` means: ask the person, `--yes`, or nobody is there."""


NOBODY = "nobody is there"
"""Stands in the reason of every refusal that no person gave."""
_PASSING: tuple[Scope, ...] = ("once", "session")
"""Where a rule says `ask`: that was written to be asked."""


class NotApproved(CallRefused):
    """The turn cannot go on without a person, or went on to a no."""


class Gate:
    """Decides per call. `admit` returns the arguments to call with: the person may have edited them."""

    def __init__(
        self,
        policy: Policy,
        approvals: Approvals,
        asker: Asker,
        emit: Callable[[Event], None],
        approve: Approve,
    ) -> None:
        self._policy = policy
        self._approvals = approvals
        self._asker = asker
        self._emit = emit
        self._approve = approve
        self._this_session: set[tuple[str, str, str]] = set()
        self._called_once: set[str] = set()

    async def admit(self, request: ToolRequest, tool: Tool) -> dict[str, Any]:
        """The arguments to call the tool with.

        Raises:
            CallRefused: a rule denies the tool.
            NotApproved: the person said no, or nobody is there to be asked.
        """
        args = dict(request.args)
        match self._policy.decide(tool):
            case "allow":
                if tool.spec.effect == "write":
                    self._tell(request, True, "policy")
                return args
            case "deny":
                self._tell(request, False, "policy")
                raise CallRefused(f"the settings deny {request.name}()")
        if self._was_approved(tool) or self._approve == "yes":
            self._tell(request, True, "policy")
            return args
        if self._approve == "no" or not self._asker.interactive:
            self._tell(request, False, "nobody")
            raise NotApproved(f"{request.name}() {_reason(tool.spec)} and {NOBODY} to approve it")
        return await self._asked(request, tool, args)

    def withdraw(self, name: str) -> bool:
        """Ask again before any tool of this name, also where it was approved for good; whether it was approved.

        Raises:
            ApprovalsProblem: the file of approvals cannot be read or written.
        """
        passing = {key for key in self._this_session if key[1] == name}
        self._this_session -= passing
        self._called_once.clear()
        return bool(self._approvals.remove(name)) or bool(passing)

    def _was_approved(self, tool: Tool) -> bool:
        if _key(tool) in self._this_session:
            return True
        # The first call of an untrusted tool that says of itself that it only reads was enough.
        if tool.spec.effect == "read" and self._policy.rule(tool) is None and _key(tool)[2] in self._called_once:
            return True
        try:
            return self._policy.rule(tool) is None and self._approvals.allows(tool)
        except AgentError as error:
            self._emit(ErrorSeen("approvals", str(error), error.hint))
            return False

    async def _asked(self, request: ToolRequest, tool: Tool, args: dict[str, Any]) -> dict[str, Any]:
        complaint = ""
        is_settled = False
        scopes: tuple[Scope, ...] = ("once", "session", "always") if self._policy.rule(tool) is None else _PASSING

        def event(future: Any) -> ApprovalAsked | None:
            nonlocal is_settled
            if self._was_approved(tool):  # while this call waited for its turn, the person approved the tool
                is_settled = True
                return None
            return ApprovalAsked(
                request.call_id,
                request.name,
                args,
                future,
                reason=_reason(tool.spec),
                signature=tool.spec.signature,
                source=tool.source,
                scopes=scopes,
                complaint=complaint,
            )

        while True:
            given = await self._asker.ask(event)
            if is_settled:
                self._tell(request, True, "policy")
                return args
            reply = given if isinstance(given, ApprovalReply) else ApprovalReply(bool(given))
            edited = reply.args if reply.allowed else None
            if edited is not None:
                try:
                    check_arguments(tool.spec, edited)
                except ArgumentsRefused as error:
                    args, complaint = edited, str(error)
                    continue
            break
        self._tell(request, reply.allowed, "person", reply)
        if not reply.allowed:
            raise NotApproved(f"the person did not approve {request.name}()")
        self._remember(tool, reply)
        return dict(edited) if edited is not None else args

    def _remember(self, tool: Tool, reply: ApprovalReply) -> None:
        self._called_once.add(_key(tool)[2])
        if reply.scope != "once":
            self._this_session.add(_key(tool))
        if reply.scope == "always":
            try:
                self._approvals.add(tool)
            except AgentError as error:  # the call itself was approved
                self._emit(ErrorSeen("approvals", f"it is approved for this session only: {error}", error.hint))

    def _tell(
        self,
        request: ToolRequest,
        allowed: bool,
        by: Literal["person", "policy", "nobody"],
        reply: ApprovalReply | None = None,
    ) -> None:
        scope, edited = (reply.scope, reply.args) if reply and allowed else ("once", None)
        self._emit(ApprovalGiven(request.call_id, request.name, allowed, by, scope=scope, args=edited))


def _reason(spec: ToolSpec) -> str:
    if spec.effect == "write":
        return "changes something"
    return "only reads" if spec.is_trusted else "comes from a server that nobody vouched for"


def _key(tool: Tool) -> tuple[str, str, str]:
    return tool.source, tool.spec.name, identity(tool)
