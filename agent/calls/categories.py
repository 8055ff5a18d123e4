"""The seven categories of a tool call's feedback (TL-Training, Table 14).

Every category but ALL_RIGHT blocks the gradient in training (MAE). The broker assigns them from the exception it saw;
text is classified only where nothing else is left (imported trajectories), which is `train`'s concern.
"""

from __future__ import annotations

from enum import StrEnum


class Category(StrEnum):
    """How a tool call ended; the values are the paper's words and stand in the session log."""

    ALL_RIGHT = "All Right"
    TOOL_INSTABILITY = "Tool Instability"
    TOOL_CALL_FAILURE = "Tool Call Failure"
    TOOL_HALLUCINATION = "Tool Hallucination"
    PARAMETER_HALLUCINATION = "Parameter Hallucination"
    PARAMETER_MISSING = "Parameter Missing"
    OTHERS = "Others"
