"""Small files in the formats of public benchmarks, made for the tests; no item of any benchmark is in them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

Answers = Sequence[tuple[str, Mapping[str, Any]]]


def schema(*required: str, **optional: str) -> dict[str, Any]:
    """Strings all of them, as RoTBench has it; `optional` gives descriptions."""
    properties = {name: {"type": "string", "description": f"The {name}."} for name in required}
    properties |= {name: {"type": "string", "description": words} for name, words in optional.items()}
    return {"type": "object", "properties": properties, "required": list(required)}


WEATHER = {"name": "get_weather", "description": "The weather.", "parameters": schema("city", unit="C or F.")}
FORECAST = {"name": "get_forecast", "description": "The days ahead.", "parameters": schema("city", "days")}
CLOCK = {"name": "now", "description": "The time.", "parameters": schema()}
ASK = {"name": "ask_to_user", "description": "Ask.", "parameters": schema("question")}
FINISH = {"name": "finish", "description": "End.", "parameters": schema("answer")}


def react(name: str, args: Mapping[str, Any]) -> str:
    return f"Thought:\nAction: {name}\nAction Input: {json.dumps(dict(args))}"


def rotbench_item(
    question: str, answers: Answers, *, finish: str = "finish", scenario: str = "PL", ask: str = "ask_to_user"
) -> dict[str, Any]:
    tools = [WEATHER, FORECAST, CLOCK, {**ASK, "name": ask}, {**FINISH, "name": finish}]
    return {
        "id": f"Turn 1: {question}",
        "conversations": [
            {"from": "system", "value": f"Use {{a: b}} tools.\n{json.dumps(tools)}\n\nLet's Begin!"},
            {"from": "user", "value": f"{question}\nBegin!\n"},
            {"from": "assistant", "value": [react(name, args) for name, args in answers]},
        ],
        "scenario": scenario,
    }


ROTBENCH = [
    rotbench_item("Is it cold in Oslo?", [("get_weather", {"city": "Oslo"})]),
    rotbench_item("What time is it?", [("now", {})], scenario="RS"),
    rotbench_item("Rome or Bari?", [("get_weather", {"city": "Rome"}), ("get_weather", {"city": "Bari"})]),
    rotbench_item("Oslo, two days", [("get_forecast", {"city": "Oslo", "days": "None"})], scenario="RS"),
    rotbench_item("Which city?", [("ask_to_user", {"question": "Which one?"})]),
    rotbench_item("Thanks", [("fPnish", {"answer": "Bye"})], finish="fPnish"),
]


def write_rotbench(folder: Path, items: Sequence[Mapping[str, Any]] = ROTBENCH, split: str = "clean") -> Path:
    """The items in RoTBench's layout; gives the folder that `--data` takes."""
    path = folder / "First_Turn" / f"{split}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(list(items), indent=1), encoding="utf-8")
    return folder


TOOLALPACA = [
    {
        "Name": "Bakery",
        "Category": "Food",
        "Function_Description": {
            "searchCakes": "Search cakes.\nParameters: "
            '{"kind": "Required. string. One of: [tart, roll]. The kind.", "page": "integer. Page."}\nOutput: cakes',
            "orderCake": 'Order.\nParameters: {"cakeId": "Required. integer. Which.", "tags": "Array[string]. Words."}',
            "components": "",
        },
        "Instructions": ["Show me tarts.", "Order a roll, please.", "Order one.", "Tarts and rolls!"],
        "Golden_Answers": [
            [{"Action": "searchCakes", "Action_Input": '{"kind": "tart", "page": ""}'}],
            [
                {"Action": "searchCakes", "Action_Input": '{"kind": "roll"}'},
                {"Action": "[Optional]orderCake", "Action_Input": '{"cakeId": ${cakeId from searchCakes}}'},
            ],
            [{"Action": "getDetails", "Action_Input": '{"Question": "Which cake?"}'}],
            [
                {"Action": "searchCakes", "Action_Input": '{"kind": "tart"}'},
                {"Action": "searchCakes", "Action_Input": '{"kind": "roll"}'},
            ],
        ],
    }
]

OBSERVATIONS = {
    "Bakery": [
        {
            "model": "some",
            "instruction": "Show me tarts.",
            "Action": "searchCakes",
            "Action_Input": '{"kind": "tart"}',
            "Observation": 'Status Code: 200. Response: {"cakes": [{"cakeId": 7}]}',
            "process": "Yes",
            "final": "Yes",
        },
        {
            "model": "some",
            "instruction": "Order a roll, please.",
            "Action": "orderCake",
            "Action_Input": '{"cakeId": 9}',
            "Observation": 'Status Code: 500. Response: {"error": "oven broken"}',
            "process": "No",
            "final": "No",
        },
    ]
}
