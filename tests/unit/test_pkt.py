"""PKT: key tokens by the paper's worked example, and for any names, tokenizer and template by a second way."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.tiny_tokenizers import byte_level, sentence_piece
from train.encode import NO_TARGET, EncodeOptions, Encoder, prompt_ids
from train.errors import ModelFolderError
from train.pkt import PktOptions, key_positions, key_weight, shared_prefix
from train.rows import Call, Called, CallsRow, CodeRow, Said, ToolDoc
from train.templates import NAMES, template_named
from train.templates.base import text_of
from train.templates.code_view import PLAIN_CHAT_TEMPLATE, calls_in, code_segments

pytestmark = pytest.mark.torch  # transformers comes with that extra
TOOLS = ("getPaperDetails", "getPapersByKeywords", "finish")


@pytest.fixture(scope="module", params=["byte_level", "sentence_piece"])
def tokenizer(request: pytest.FixtureRequest) -> Any:
    return {"byte_level": byte_level, "sentence_piece": sentence_piece}[request.param]()


def row_of(names: tuple[str, ...], call: Call, question: str = "Which?") -> CallsRow:
    return CallsRow("1", "g", tuple(ToolDoc(name, "") for name in names), (Said("user", question), Called((call,))))


def test_figure_2_of_the_paper() -> None:
    words = {"getPaperDetails": [1, 2, 3, 9], "getPapersByKeywords": [1, 4, 5, 6, 9], "finish": [7, 9]}
    gold = words.pop("getPaperDetails")
    assert key_positions(gold, words.values()) == (0, 1)  # `get`, and where the two names part
    assert key_positions(words.pop("finish"), [gold, *words.values()]) == (0,)


def test_figure_2_with_real_tokens() -> None:
    """A tokenizer that cuts the names as the figure does."""
    words = " get (Paper (Papers (Details (By (Keywords (finish finish"
    pieces = byte_level(n_tokens=400, text=[words] * 9)
    encoder = Encoder(pieces, template_named("tl-codellama"), EncodeOptions())
    row = row_of(TOOLS, Call("getPaperDetails", {"title": "Attention"}))
    (sample,) = encoder.samples([row])
    heaviest = [index for index, share in enumerate(sample.shares) if share == max(sample.shares)]
    assert sample.n_keys == 2
    assert [pieces.decode(sample.input_ids[index]) for index in heaviest] == [" get", "Paper"]
    (sample,) = encoder.samples([row_of(TOOLS, Call("finish", {}))])
    assert sample.n_keys == 1


def test_a_row_that_a_person_liked_counts_as_much_more_as_its_weight_says(tokenizer: Any) -> None:
    encoder = Encoder(tokenizer, template_named("tl-codellama"), EncodeOptions())
    row = row_of(TOOLS, Call("finish", {}))
    plain, liked = encoder.samples([row, replace(row, weight=2.0)])
    assert sum(plain.shares) == pytest.approx(1) and sum(liked.shares) == pytest.approx(2)
    assert liked.labels == plain.labels


def test_a_name_that_another_begins_with() -> None:
    gold, longer = [5, 8, 2], [5, 6, 7, 8, 2]  # get(  and  get_all(
    assert key_positions(gold, [longer]) == (0, 1)
    assert key_positions(longer, [gold]) == (0, 1)
    assert shared_prefix([], [1]) == 0


@pytest.mark.parametrize(
    ("n_keys", "n_others", "weight"), [(2, 10, 5.0), (1, 40, 9.0), (3, 2, 1.0), (0, 7, 1.0), (1, 9, 9.0)]
)
def test_the_weight_is_clipped(n_keys: int, n_others: int, weight: float) -> None:
    assert key_weight(n_keys, n_others, 9.0) == weight


NAME = st.lists(
    st.sampled_from(["get", "Paper", "web", "_", "page", "s", "find", "é", "x"]), min_size=1, max_size=5
).map("".join)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_keys_are_where_the_whole_texts_part(tokenizer: Any, data: st.DataObject) -> None:
    """The second way: write the whole text with another tool's name, and see where its tokens leave the gold's."""
    names = tuple(data.draw(st.lists(NAME, min_size=1, max_size=4, unique=True)))
    gold = data.draw(st.sampled_from(names))
    template = template_named(data.draw(st.sampled_from(NAMES)))
    args = {} if data.draw(st.booleans()) else {"title": data.draw(st.text("ab 'ü", max_size=4)), "n": 3}
    row = row_of(names, Call(gold, args))
    encoder = Encoder(tokenizer, template, EncodeOptions())
    (sample,) = encoder.samples([row])

    segments = template.render(row)
    span = next(span for segment in segments for span in segment.calls)
    before = next(i for i, segment in enumerate(segments) if segment.calls)
    at = len(text_of(segments[:before])) + span.name_start
    text = text_of(segments)
    whole = _tokens(tokenizer, text, template.adds_special_tokens)
    first = next(i for i, (_, end) in enumerate(whole[1]) if end > at)
    expected = {first}
    for other in set(names) - {gold}:
        written = text[:at] + other + text[at + len(gold) :]
        parted = shared_prefix(whole[0], _tokens(tokenizer, written, template.adds_special_tokens)[0])
        if parted > first:
            expected.add(parted)
    end = at - span.name_start + span.end
    n_others = sum(a < end and b > at - span.name_start + span.start for a, b in whole[1]) - len(expected)
    assert sample.n_keys == len(expected)
    plain = min(share for share in sample.shares if share)
    heavier = {index for index, share in enumerate(sample.shares) if share > plain * 1.000001}
    assert heavier <= expected
    if n_others > len(expected):
        assert heavier == expected


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=st.lists(NAME, min_size=1, max_size=4, unique=True), w_max=st.sampled_from([1.0, 3.0, 9.0]))
def test_shares_add_up_and_keep_to_their_bounds(tokenizer: Any, names: list[str], w_max: float) -> None:
    for counting in ("paper", "released"):
        options = EncodeOptions(pkt=PktOptions(w_max=w_max, counting=counting))
        for family in NAMES:
            row = row_of(tuple(names), Call(names[0], {"a": "b c", "d": "e"}))
            (sample,) = Encoder(tokenizer, template_named(family), options).samples([row])
            assert sum(sample.shares) == pytest.approx(1.0)
            shares = [share for share in sample.shares if share]
            assert max(shares) <= w_max * min(shares) * 1.000001
            assert [bool(share) for share in sample.shares] == [label != NO_TARGET for label in sample.labels]


def test_without_pkt_all_targets_weigh_the_same(tokenizer: Any) -> None:
    options = EncodeOptions(pkt=PktOptions(is_on=False))
    (sample,) = Encoder(tokenizer, template_named("qwen2.5"), options).samples([row_of(TOOLS, Call("finish", {}))])
    assert len(set(sample.shares)) == 2


def test_the_released_codes_count() -> None:
    """One call by hand: ` f(a='xy', b='zz')</s>` in single characters."""
    letters = byte_level(n_tokens=1, text=[])
    row = row_of(("f",), Call("f", {"a": "xy", "b": "zz"}))
    weights = {}
    for counting in ("paper", "released"):
        options = EncodeOptions(pkt=PktOptions(w_max=99, counting=counting))
        (sample,) = Encoder(letters, template_named("tl-codellama"), options).samples([row])
        shares = [share for share in sample.shares if share]
        weights[counting] = max(shares) / min(shares)
    n_call = len("f(a='xy', b='zz')")
    assert weights["paper"] == pytest.approx(n_call - 1)  # all of the call but the key
    assert weights["released"] == pytest.approx(n_call - 1 - 2 + 1)  # without the values' last tokens, with the end


def test_what_mae_masks_is_context_only(tokenizer: Any) -> None:
    wrong = Called((Call("search_filmz", {"query": "Heat"}, is_target=False),))
    row = CallsRow("1", "g", (ToolDoc("search_films", ""),), (Said("user", "?"), wrong, Said("tool", "no such tool")))
    full = CallsRow("1", "g", row.tools, (*row.turns, Called((Call("search_films", {"query": "Heat"}),))))
    for family in NAMES:
        template = template_named(family)
        encoder = Encoder(tokenizer, template, EncodeOptions())
        assert list(encoder.samples([row])) == []
        assert encoder.dropped.no_target == 1
        (sample,) = encoder.samples([full])
        assert "search_filmz" in tokenizer.decode(sample.input_ids)
        targets = tokenizer.decode([label for label in sample.labels if label != NO_TARGET])
        assert "search_films" in targets
        assert "filmz" not in targets
        without = list(Encoder(tokenizer, template, EncodeOptions(mae=False)).samples([full]))
        assert any("filmz" in tokenizer.decode([x for x in s.labels if x != NO_TARGET]) for s in without)


@pytest.mark.parametrize("family", NAMES)
def test_a_prompt_has_the_tokens_that_training_had(tokenizer: Any, family: str) -> None:
    template = template_named(family)
    row = row_of(TOOLS, Call("getPaperDetails", {"title": "Attention"}), "Find it, please.")
    (sample,) = Encoder(tokenizer, template, EncodeOptions()).samples([row])
    asked = prompt_ids(template, CallsRow("1", "g", row.tools, row.turns[:1]), tokenizer)
    assert sample.input_ids[: len(asked)] == asked
    assert set(sample.labels[: len(asked)]) == {NO_TARGET}
    assert sample.labels[len(asked)] != NO_TARGET


def test_a_long_text_is_cut_and_one_without_targets_dropped(tokenizer: Any) -> None:
    row = row_of(TOOLS, Call("finish", {"answer": "so " * 50}))
    encoder = Encoder(tokenizer, template_named("qwen2.5"), EncodeOptions())
    (whole,) = encoder.samples([row])
    n_prompt = whole.labels.index(next(label for label in whole.labels if label != NO_TARGET))
    (cut,) = Encoder(tokenizer, template_named("qwen2.5"), EncodeOptions(max_length=n_prompt + 20)).samples([row])
    assert (len(cut.input_ids), cut.is_cut, whole.is_cut) == (n_prompt + 20, True, False)
    assert sum(cut.shares) == pytest.approx(1.0)
    none = Encoder(tokenizer, template_named("qwen2.5"), EncodeOptions(max_length=n_prompt))
    assert list(none.samples([row])) == []
    assert none.dropped.all_cut == 1


PROGRAM = (
    "Here:\n```python\nfilms = search_films('Heat ü', limit=3)\nprint(len(search(films)), x.search(1))\n```\nDone."
)


def test_the_code_view_finds_its_call_sites(tokenizer: Any) -> None:
    spans = calls_in(PROGRAM, ("search", "search_films", "finish"))
    assert [PROGRAM[s.name_start : s.name_end] for s in spans] == ["search_films", "search"]
    assert [PROGRAM[s.start : s.end] for s in spans] == ["search_films('Heat ü', limit=3)", "search(films)"]
    assert [PROGRAM[a:b] for a, b in spans[0].values] == ["'Heat ü'", "3"]
    torn = "def search(a):\n    x = search_films(1\n# search(2)\n"
    assert [torn[s.start : s.end] for s in calls_in(torn, ("search", "search_films"))] == ["search_films(1"]

    tokenizer.chat_template = PLAIN_CHAT_TEMPLATE
    messages = (("system", "Be brief."), ("user", "How many?"))
    row = CodeRow("1", "g", "implement", messages, PROGRAM, ("search", "search_films"))
    segments = code_segments(row, tokenizer)
    assert segments[0].text == "System:\nBe brief.\nUser:\nHow many?\nAssistant:\n"
    assert segments[1].text == PROGRAM + "</s>"
    (sample,) = Encoder(tokenizer, None, EncodeOptions()).samples([row])
    assert sample.n_keys in (3, 4)  # `search` of both, and where the two names part
    failed = CodeRow("2", "g", "implement", messages, PROGRAM, is_target=False)
    assert list(Encoder(tokenizer, None, EncodeOptions()).samples([failed])) == []


def test_a_chat_template_that_knows_no_system_turn(tokenizer: Any) -> None:
    refuses = "{% if messages[0].role == 'system' %}{{ raise_exception('no system') }}{% endif %}"
    tokenizer.chat_template = refuses + PLAIN_CHAT_TEMPLATE
    row = CodeRow("1", "g", "plan", (("system", "Be brief."), ("user", "How?")), "so ")
    assert code_segments(row, tokenizer)[0].text == "User:\nBe brief.\n\nHow?\nAssistant:\n"
    assert code_segments(row, tokenizer)[1].text == "so </s>"
    tokenizer.chat_template = "{{ raise_exception('never') }}"
    with pytest.raises(ModelFolderError, match="never"):
        list(Encoder(tokenizer, None, EncodeOptions()).samples([row]))


def _tokens(tokenizer: Any, text: str, adds: bool) -> tuple[list[int], list[tuple[int, int]]]:
    encoded = tokenizer(text, add_special_tokens=adds, return_offsets_mapping=True)
    return list(encoded["input_ids"]), list(encoded["offset_mapping"])
