"""`toolcoder train eval` as its users call it: gold, files of answers, endpoints, a checkpoint; resuming; comparing."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.chat_endpoint import chat_endpoint, tool_message, words_message
from tests.made_benchmarks import OBSERVATIONS, ROTBENCH, TOOLALPACA, react, rotbench_item, write_rotbench
from tui import cli

SUMS = '''
def add(a: int, b: int) -> int:
    """Add."""
    return a + b


def div(a: int, b: int) -> float:
    """Divide."""
    return a / b
'''


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_rotbench(tmp_path / "data")


def evaluated(capsys: pytest.CaptureFixture[str], *arguments: object, code: int = 0) -> tuple[dict[str, Any], str]:
    """The object of --json and what was said on stderr."""
    status = cli.run(["train", "eval", *map(str, arguments), "--json"])
    out, err = capsys.readouterr()
    assert status == code, err
    return (json.loads(out) if out else {}), err


def answers_of(question_of: Mapping[str, Any]) -> str:
    """The user's question in a request."""
    return str(next(m["content"] for m in question_of["messages"] if m["role"] == "user"))


def gold_mind(body: Mapping[str, Any]) -> dict[str, Any]:
    """A model that knows all of ROTBENCH."""
    gold = {
        "Is it cold in Oslo?": ("get_weather", {"city": "Oslo"}),
        "What time is it?": ("now", {}),
        "Rome or Bari?": ("get_weather", {"city": "Bari"}),
        "Oslo, two days": ("get_forecast", {"city": "Oslo", "days": "2"}),
        "Which city?": ("ask_to_user", {"question": "?"}),
        "Thanks": ("finish", {"answer": "!"}),
    }
    return tool_message(*gold[answers_of(body)])


class TestAnswersThatAreThere:
    def test_gold(self, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
        found, _ = evaluated(
            capsys, "--benchmark", "rotbench", "--data", data, "--split", "clean", "--predictions", "gold"
        )
        assert (found["n"], found["ts"], found["pi"], found["cf"]) == (6, 100, 100, 100)
        assert found["official"] == {"ts": 83.33, "pi": 83.33, "cf": 83.33}
        assert set(found["groups"]) == {"Personal Life", "Real-Time Search"}

    @pytest.mark.parametrize("form", ["rotbench", "texts", "lines", "objects"])
    def test_files_of_several_shapes(
        self, data: Path, form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """The second item is answered wrongly, the third not readable, the fourth with a parameter too many."""
        texts = [item["conversations"][-1]["value"][0] for item in ROTBENCH]
        texts[1], texts[2], texts[3] = react("get_weather", {}), "no idea (", react("get_forecast", {"city": "Oslo"})
        path = tmp_path / "p.json"
        if form == "rotbench":
            turns = [
                {**i, "conversations": [*i["conversations"][:-1], {"from": "assistant", "value": t}]}
                for i, t in zip(ROTBENCH, texts, strict=True)
            ]
            path.write_text(json.dumps(turns))
        elif form == "texts":
            path.write_text(json.dumps(texts))
        elif form == "lines":
            lines = [{"id": f"rotbench/clean/{n}", "output": text} for n, text in enumerate(texts)]
            path.write_text("\n".join(json.dumps(line) for line in reversed(lines)))
        else:
            wanted = [
                ("get_weather", {"city": "Oslo"}),
                ("get_weather", {}),
                ("no", {}),
                ("get_forecast", {"city": "Oslo"}),
                ("ask_to_user", {"question": "a"}),
                ("finish", {"answer": "b"}),
            ]
            path.write_text(json.dumps([{"name": name, "arguments": json.dumps(args)} for name, args in wanted]))
        found, _ = evaluated(capsys, "--benchmark", "rotbench", "--data", data, "--predictions", path)
        assert (found["ts"], found["pi"], found["cf"]) == (66.67, 50, 50)
        assert found["breakdown"]["Parameter"] == {"n": 1, "Redundancy": 0, "Missing": 100, "Hallucination": 0}

    def test_a_folder_keeps_everything_and_draws(
        self, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        out = tmp_path / "out"
        evaluated(capsys, "--benchmark", "rotbench", "--data", data, "--predictions", "gold", "--out", out)
        assert (out / "plot.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
        assert len((out / "predictions.jsonl").read_text().splitlines()) == 6
        assert json.loads((out / "report.json").read_text())["cf"] == 100
        assert "| CF | 100.00 |" in (out / "README.md").read_text()

    def test_two_runs_compared(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        items = [rotbench_item(f"City {n}?", [("get_weather", {"city": f"{n}"})]) for n in range(20)]
        data = write_rotbench(tmp_path / "data", items)
        worse = tmp_path / "worse.json"
        worse.write_text(json.dumps([react("get_weather" if n >= 8 else "now", {"city": f"{n}"}) for n in range(20)]))
        for name, answers in (("a", worse), ("b", "gold")):
            evaluated(
                capsys, "--benchmark", "rotbench", "--data", data, "--predictions", answers, "--out", tmp_path / name
            )
        found, _ = evaluated(capsys, "--compare", tmp_path / "a", tmp_path / "b")
        ts = found["figures"]["ts"]
        assert (found["n"], ts["a"], ts["b"], ts["only_a"], ts["only_b"]) == (20, 60, 100, 0, 8)
        assert ts["p"] == pytest.approx(2 / 2**8)
        assert ts["verdict"] == "B is better"
        cli.run(["train", "eval", "--compare", str(tmp_path / "a"), str(tmp_path / "b")])
        assert "| TS | 60.00 | 100.00 | +40.00 |" in capsys.readouterr().out

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (["--benchmark", "nothing", "--data", "{data}", "--predictions", "gold"], "no benchmark is called"),
            (["--benchmark", "rotbench", "--predictions", "gold"], "where are the benchmark's files"),
            (["--benchmark", "rotbench", "--data", "{data}"], "what is to be evaluated"),
            (["--benchmark", "rotbench", "--data", "{data}", "--split", "heavy", "--predictions", "x"], "heavy.json"),
            (["--benchmark", "rotbench", "--data", "{data}", "--predictions", "/none"], "No such file"),
            (["--benchmark", "rotbench", "--data", "{data}", "--predictions", "{short}"], "2 predictions without"),
            (["--benchmark", "rotbench", "--data", "{short}", "--predictions", "gold"], "nothing to ask"),
            (["--compare", "{data}", "{data}"], "no finished evaluation"),
        ],
    )  # fmt: skip
    def test_what_cannot_be_is_told(
        self, data: Path, tmp_path: Path, arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        short = tmp_path / "short.json"
        short.write_text('["a", "b"]')
        _, err = evaluated(capsys, *(a.format(data=data, short=short) for a in arguments), code=2)
        assert words in err
        assert "hint:" in err


class TestEndpoint:
    @pytest.fixture(autouse=True)
    def no_names_of_mine(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("OPENAI_API_KEY", "sk-test")

    def test_the_tools_field(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        data = write_rotbench(tmp_path / "data")
        with chat_endpoint(gold_mind) as endpoint:
            monkeypatch.setenv("OPENAI_BASE_URL", endpoint.url)
            found, err = evaluated(
                capsys, "--benchmark", "rotbench", "--data", data, "--model", "m", "--out", tmp_path / "o"
            )
            assert found["cf"] == 100
            assert found["official"]["cf"] == 83.33
            assert [t["function"]["name"] for t in endpoint.bodies[0]["tools"]][:2] == ["get_weather", "get_forecast"]
            assert "6/6" in err
            # A second time nothing is asked again.
            again, _ = evaluated(
                capsys, "--benchmark", "rotbench", "--data", data, "--model", "m", "--out", tmp_path / "o"
            )
            assert again == found
            assert len(endpoint.bodies) == 6

    def test_a_run_that_was_cut_off_goes_on(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        data, out = write_rotbench(tmp_path / "data"), tmp_path / "o"
        arguments = ("--benchmark", "rotbench", "--data", data, "--model", "m", "--concurrency", 1, "--out", out)
        with chat_endpoint(lambda body: 401 if answers_of(body) == "Which city?" else gold_mind(body)) as refusing:
            monkeypatch.setenv("OPENAI_BASE_URL", refusing.url)
            _, err = evaluated(capsys, *arguments, code=3)
            assert "401" in err
        kept = (out / "predictions.jsonl").read_text()
        assert 1 <= len(kept.splitlines()) < 6
        (out / "predictions.jsonl").write_text(kept + '{"id": "torn')
        # A server of its own: the first one may still have seen a request that had just begun.
        with chat_endpoint(gold_mind) as endpoint:
            monkeypatch.setenv("OPENAI_BASE_URL", endpoint.url)
            found, _ = evaluated(capsys, *arguments)
            assert found["cf"] == 100
            assert len(endpoint.bodies) == 6 - len(kept.splitlines())
            _, err = evaluated(capsys, *arguments[:-2], "--max-new-tokens", 5, "--out", out, code=2)
            assert "another predictor" in err

    def test_a_busy_server_is_asked_again(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        refusals = iter([503])
        lock = threading.Lock()

        def busy(body: Mapping[str, Any]) -> dict[str, Any] | int:
            with lock:
                return next(refusals, None) or gold_mind(body)

        with chat_endpoint(busy) as endpoint:
            monkeypatch.setenv("OPENAI_BASE_URL", endpoint.url)
            found, _ = evaluated(
                capsys,
                "--benchmark",
                "rotbench",
                "--data",
                write_rotbench(tmp_path / "d"),
                "--model",
                "m",
                "--limit",
                2,
            )
        assert (found["cf"], len(endpoint.bodies)) == (100, 3)

    @pytest.mark.parametrize("wire", ["chat", "completions"])
    def test_a_templates_text(
        self, wire: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def stubs(body: Mapping[str, Any]) -> Mapping[str, Any] | str:
            prompt = body["prompt"] if wire == "completions" else answers_of(body)
            assert "def get_weather(city: str, unit: str = None):" in prompt
            said = " get_weather('Oslo')" if "Is it cold" in prompt else " I know it."
            return said if wire == "completions" else words_message(said)

        with chat_endpoint(stubs) as endpoint:
            monkeypatch.setenv("OPENAI_BASE_URL", endpoint.url)
            found, _ = evaluated(
                capsys,
                "--benchmark",
                "rotbench",
                "--data",
                write_rotbench(tmp_path / "d"),
                "--model",
                "m",
                "--wire",
                wire,
                "--limit",
                2,
            )
        assert (found["cf"], found["counts"]["without_a_call"]) == (50, 1)

    def test_odd_names_of_tools_go_there_and_back(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        data = write_rotbench(
            tmp_path / "d", [rotbench_item("Bye", [("fin ish!", {"answer": "x"})], finish="fin ish!")]
        )

        def odd(body: Mapping[str, Any]) -> dict[str, Any]:
            return tool_message(body["tools"][-1]["function"]["name"], {"answer": "y"})

        with chat_endpoint(odd) as endpoint:
            monkeypatch.setenv("OPENAI_BASE_URL", endpoint.url)
            found, _ = evaluated(capsys, "--benchmark", "rotbench", "--data", data, "--model", "m")
        assert endpoint.bodies[0]["tools"][-1]["function"]["name"] == "fin_ish_"
        assert found["cf"] == 100


class TestSeveralTurns:
    def test_recorded_observations(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "eval_simulated.json").write_text(json.dumps(TOOLALPACA))
        (tmp_path / "simulated_observations.json").write_text(json.dumps(OBSERVATIONS))

        def mind(body: Mapping[str, Any]) -> dict[str, Any]:
            n_calls = sum(m["role"] == "tool" for m in body["messages"])
            match answers_of(body), n_calls:
                case "Show me tarts.", 0:
                    return tool_message("searchCakes", {"kind": "tart", "sort": "x"})  # parameter hallucination
                case "Show me tarts.", 1:
                    return tool_message("searchCakes", {"kind": "tart"})
                case "Show me tarts.", _:
                    assert '"cakeId": 7' in body["messages"][-1]["content"]
                    return words_message("Tart 7.")
                case "Order a roll, please.", 0:
                    return tool_message("orderCake", {"cakeId": 9})  # 500
                case "Order a roll, please.", _:
                    return words_message("I cannot handle the task.")
                case "Order one.", 0:
                    return tool_message("getDetails", {"Question": "Which?"})
                case "Order one.", _:
                    return words_message("Cake 9 it is.")
                case _:
                    return tool_message("orderCake", {"cakeId": 4})  # nothing recorded, for ever

        with chat_endpoint(mind) as endpoint:
            monkeypatch.setenv("OPENAI_BASE_URL", endpoint.url)
            arguments = (
                "--benchmark",
                "toolalpaca",
                "--split",
                "simulated",
                "--multi",
                "--data",
                tmp_path,
                "--model",
                "m",
                "--out",
                tmp_path / "o",
            )
            found, _ = evaluated(capsys, *arguments)
            n_asked = len(endpoint.bodies)
            assert evaluated(capsys, *arguments)[0] == found
            assert len(endpoint.bodies) == n_asked == 3 + 2 + 2 + 9
        assert (found["n"], found["counts"]["calls"], found["counts"]["unobserved"]) == (4, 4, 9)
        assert (found["de"], found["ce"], found["va"]) == (25, 25, 50)
        kept = [json.loads(line) for line in (tmp_path / "o" / "predictions.jsonl").read_text().splitlines()]
        tarts = next(episode for episode in kept if episode["id"].endswith("/0"))
        assert tarts["categories"] == ["Parameter Hallucination", "All Right"]

    def test_tools_in_tooleyes_folders_really_run(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder = tmp_path / "Tool_Library" / "Math" / "Sums"
        folder.mkdir(parents=True)
        (folder / "tool.py").write_text(SUMS)
        schema = {
            "type": "object",
            "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
            "required": ["a", "b"],
        }
        tools = [{"name": name, "description": "", "parameters": schema} for name in ("add", "div")]
        tools.append(
            {
                "name": "finish",
                "description": "",
                "parameters": {"type": "object", "properties": {"answer": {"type": "string"}}},
            }
        )
        items = [
            {
                "id": q,
                "path": "./Tool_Library/Math/Sums",
                "scenario": "DU",
                "conversations": [
                    {"from": "system", "value": f"Tools:\n{json.dumps(tools)}"},
                    {"from": "user", "value": q},
                ],
            }
            for q in ("2 + 3?", "1 / 0?")
        ]
        (tmp_path / "scenario_zero.json").write_text(json.dumps(items))

        def mind(body: Mapping[str, Any]) -> dict[str, Any]:
            last = body["messages"][-1]
            if last["role"] == "user":
                return (
                    tool_message("add", {"a": 2, "b": 3})
                    if last["content"] == "2 + 3?"
                    else tool_message("div", {"a": 1, "b": 0})
                )
            return tool_message("finish", {"answer": last["content"]})

        with chat_endpoint(mind) as endpoint:
            monkeypatch.setenv("OPENAI_BASE_URL", endpoint.url)
            found, err = evaluated(
                capsys,
                "--benchmark",
                "tooleyes",
                "--split",
                "zero",
                "--data",
                tmp_path,
                "--tools",
                tmp_path / "Tool_Library",
                "--yes",
                "--model",
                "m",
                "--out",
                tmp_path / "o",
            )
        assert (found["de"], found["ce"], found["va"]) == (0, 50, 100), err
        kept = {json.loads(line)["answer"] for line in (tmp_path / "o" / "predictions.jsonl").read_text().splitlines()}
        assert "5" in kept
        assert any("division by zero" in answer for answer in kept)

    def test_nothing_to_answer_the_calls(self, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
        _, err = evaluated(capsys, "--benchmark", "rotbench", "--multi", "--data", data, "--model", "m", code=2)
        assert "nothing answers the calls" in err
