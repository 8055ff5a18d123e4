"""Embedders: MiniLM on NumPy against its reference, word hashes, an endpoint, and the choice among them."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agent.errors import RepositoryError
from agent.functions.embed import EmbeddingEndpoint, HashingEmbedder, choose_embedder
from agent.functions.embed_endpoint import EndpointEmbedder
from agent.functions.embed_minilm import MiniLM, open_onnx, open_packaged, packaged_folder

TEXTS = [
    "Count the films that a director made.",
    "x",
    "",
    "Zähle die Filme — naïve café ☃ 東京",
    "a much longer subtask " * 80,
    "How many movies did this person direct after the year 1999, and which of them is the longest?",
]
PAIRS = [
    ("films released after a year", "films released before a year", "near miss"),
    ("films directed by a person", "films a person acted in", "near miss"),
    ("add a track to a playlist", "remove a track from a playlist", "near miss"),
    ("the first album of an artist", "the last album of an artist", "near miss"),
    ("count the films of a director", "list the films of a director", "near miss"),
    ("Count the films that a director made.", "How many movies has this director directed?", "paraphrase"),
    ("Find the longest film of a director.", "Which of her movies has the greatest running time?", "paraphrase"),
    ("Count the films that a director made.", "Remove a track from a playlist.", "unrelated"),
]


@pytest.fixture(scope="module")
def minilm() -> MiniLM:
    return open_packaged()


def test_rows_have_length_one_and_do_not_depend_on_their_neighbours(minilm: MiniLM) -> None:
    together = minilm.embed(TEXTS)
    assert together.shape == (len(TEXTS), 384) and together.dtype == np.float32
    assert np.linalg.norm(together, axis=1) == pytest.approx(1, abs=1e-5)
    alone = np.concatenate([minilm.embed([t]) for t in TEXTS])
    assert (together * alone).sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert minilm.embed([]).shape == (0, 384)
    assert np.isfinite(minilm.embed(["\ud800 lone", "\x00"])).all()


@pytest.mark.torch
def test_numpy_agrees_with_the_reference(minilm: MiniLM) -> None:
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    folder = packaged_folder()
    assert folder is not None
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModel.from_pretrained(folder).eval()
    tokens = tokenizer(TEXTS, padding=True, truncation=True, max_length=256, return_tensors="pt")
    with torch.no_grad():
        states = model(**tokens).last_hidden_state
    mask = tokens["attention_mask"][..., None].float()
    mean = (states * mask).sum(1) / mask.sum(1)
    expected = torch.nn.functional.normalize(mean, dim=1).numpy()
    cosines = (expected * minilm.embed(TEXTS)).sum(axis=1)
    assert cosines.min() > 0.9999


def test_similarity_only_proposes(minilm: MiniLM) -> None:
    """Near misses score above paraphrases: the reason why the model, not a threshold, decides."""
    scores: dict[str, list[float]] = {}
    for a, b, kind in PAIRS:
        u, v = minilm.embed([a, b])
        scores.setdefault(kind, []).append(float(u @ v))
        print(f"{scores[kind][-1]:.3f}  {kind:<10}  {a} | {b}")  # noqa: T201 -- with -rP: the figures
    assert max(scores["unrelated"]) < min(scores["paraphrase"])
    assert max(scores["near miss"]) > max(scores["paraphrase"])
    assert scores["near miss"][0] == pytest.approx(0.956, abs=0.02)


def test_weights_that_are_not_the_published_ones_are_refused(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"not the weights")
    with pytest.raises(RepositoryError, match="not the published ones"):
        open_packaged(tmp_path)
    with pytest.raises(RepositoryError, match="not installed"):
        open_packaged(tmp_path / "none")


def test_hashes_find_the_same_words() -> None:
    embedder = HashingEmbedder()
    same, near, far = embedder.embed(["count the films", "Films: the count!", "remove a track"])
    assert float(same @ near) > 0.5 > float(same @ far)
    assert np.array_equal(embedder.embed(["x y"]), HashingEmbedder().embed(["x y"]))
    assert not embedder.embed([""]).any()


Reply = Callable[[dict[str, Any]], tuple[int, bytes]]


@pytest.fixture
def serve() -> Iterator[Callable[[Reply], tuple[str, list[dict[str, Any]]]]]:
    servers: list[ThreadingHTTPServer] = []

    def start(reply: Reply) -> tuple[str, list[dict[str, Any]]]:
        asked: list[dict[str, Any]] = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                asked.append({"path": self.path, "key": self.headers.get("Authorization"), **body})
                status, data = reply(body)
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: Any) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}/v1", asked

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def vectors(body: dict[str, Any]) -> tuple[int, bytes]:
    """Rows out of order, of length other than 1."""
    rows = [{"index": i, "embedding": [len(t), 1, 0]} for i, t in enumerate(body["input"])]
    return 200, json.dumps({"data": rows[::-1]}).encode()


def test_an_endpoint_is_asked_in_batches_and_its_rows_are_sorted(serve: Any) -> None:
    url, asked = serve(vectors)
    embedder = EndpointEmbedder(EmbeddingEndpoint(url + "/", "embed-small", "key"))
    texts = ["x" * i for i in range(1, 151)]
    rows = embedder.embed(texts)
    assert embedder.dim == 3 and rows.shape == (150, 3)
    assert rows[:, 0] / rows[:, 1] == pytest.approx(np.arange(1, 151))
    assert np.linalg.norm(rows, axis=1) == pytest.approx(1, abs=1e-5)
    assert [len(a["input"]) for a in asked] == [1, 64, 64, 22]
    assert asked[0]["path"] == "/v1/embeddings" and asked[0]["key"] == "Bearer key"
    assert EndpointEmbedder(EmbeddingEndpoint(url, "other")).id != embedder.id
    assert embedder.embed([]).shape == (0, 3)


@pytest.mark.parametrize(
    "reply",
    [
        (401, b"no"),
        (200, b"<html>"),
        (200, b'{"data": []}'),
        (200, b'{"data": [{"index": 0, "embedding": []}]}'),
        (200, b"[1]"),
    ],
)
def test_an_endpoint_that_does_not_work_is_passed_over(serve: Any, reply: tuple[int, bytes]) -> None:
    url, _ = serve(lambda _: reply)
    endpoint = EmbeddingEndpoint(url, "m", "sk-my-key-0123456789")
    with pytest.raises(RepositoryError) as caught:
        EndpointEmbedder(endpoint)
    assert "sk-my-key" not in str(caught.value) + caught.value.hint
    chosen = choose_embedder(endpoint, packaged=False)
    assert chosen.weak and isinstance(chosen.embedder, HashingEmbedder)
    assert str(caught.value) in chosen.reason


def test_an_unreachable_endpoint_is_an_error_of_ours() -> None:
    with pytest.raises(RepositoryError, match="ConnectError"):
        EndpointEmbedder(EmbeddingEndpoint("http://127.0.0.1:9/v1", "m"))


def test_the_choice_and_its_reason(serve: Any, tmp_path: Path) -> None:
    url, _ = serve(vectors)
    chosen = choose_embedder(EmbeddingEndpoint(url, "m"))
    assert isinstance(chosen.embedder, EndpointEmbedder) and "as configured" in chosen.reason
    packaged = choose_embedder(onnx_folder=tmp_path)
    assert isinstance(packaged.embedder, MiniLM) and not packaged.weak
    assert packaged.reason == "the packaged MiniLM"
    last = choose_embedder(onnx_folder=tmp_path, packaged=False)
    assert last.weak and "few paraphrases" in last.reason


def test_a_damaged_onnx_file_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"junk")
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(RepositoryError, match="cannot be loaded"):
        open_onnx(tmp_path)
    assert choose_embedder(onnx_folder=tmp_path, packaged=False).weak


def test_embedding_needs_no_torch() -> None:
    code = (
        "import sys; from agent.functions.embed import choose_embedder; import agent.functions.factory\n"
        "assert not {'numpy', 'chromadb', 'onnxruntime', 'httpx'} & set(sys.modules)\n"
        "choose_embedder().embedder.embed(['x'])\n"
        "print(sorted({'torch', 'transformers', 'openai', 'chromadb', 'sentence_transformers'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
