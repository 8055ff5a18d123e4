"""Answers from a vLLM server: the actor's adapter is sent there before each batch, prompts go as token ids.

The server needs `vllm serve BASE --enable-lora` with VLLM_ALLOW_RUNTIME_LORA_UPDATING=True and must see the folder of
the adapters. Without `save_adapter` any server that knows `/v1/completions` with lists of ids will do: that rolls out a
fixed policy, which is of use for looking at rewards, not for training.
The roll-out's log-probabilities are made anew by the trained model (`recompute_logprobs`): a server's kernels differ.
"""

from __future__ import annotations

import concurrent.futures
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from train.errors import EndpointError
from train.rl.generate import Sampling, Written

_TIMEOUT_S = 600.0


class ServerWriter:
    """A `Writer` over HTTP. `save_adapter` writes the actor's present adapter into a folder; None: nothing is sent."""

    def __init__(
        self,
        url: str,
        model: str,
        tokenizer: Any,
        sampling: Sampling,
        *,
        folder: Path | None = None,
        save_adapter: Callable[[Path], None] | None = None,
        key: str = "",
    ) -> None:
        import httpx

        self._model, self._tokenizer, self._sampling = model, tokenizer, sampling
        self._folder, self._save = folder, save_adapter
        self._n_sent, self._sent_as = 0, ""
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._client = httpx.Client(base_url=url.removesuffix("/v1").rstrip("/"), headers=headers, timeout=_TIMEOUT_S)

    def __call__(self, prompts: Sequence[Sequence[int]], seed: int) -> tuple[Written, ...]:
        """An answer to each prompt; all are asked at once, and the server batches them."""
        if self._save is not None:
            self._send()
        with concurrent.futures.ThreadPoolExecutor(max_workers=len(prompts)) as threads:
            asked = [threads.submit(self._ask, prompt, seed * 1_000 + i) for i, prompt in enumerate(prompts)]
            return tuple(future.result() for future in asked)

    def close(self) -> None:
        """Take the last adapter from the server, and close the connections."""
        if self._sent_as:
            self._post("/v1/unload_lora_adapter", {"lora_name": self._sent_as})
            self._sent_as = ""
        self._client.close()

    def _send(self) -> None:
        if self._folder is None or self._save is None:
            raise ValueError("an adapter is sent through a folder")
        self._n_sent += 1
        name = f"toolcoder-actor-{self._n_sent}"
        folder = self._folder / name
        self._save(folder)
        self._post("/v1/load_lora_adapter", {"lora_name": name, "lora_path": str(folder.absolute())})
        before, self._sent_as = self._sent_as, name
        if before:
            self._post("/v1/unload_lora_adapter", {"lora_name": before})
            shutil.rmtree(self._folder / before, ignore_errors=True)

    def _ask(self, prompt: Sequence[int], seed: int) -> Written:
        sampling = self._sampling
        answer = self._post(
            "/v1/completions",
            {
                "model": self._sent_as or self._model,
                "prompt": list(prompt),
                "max_tokens": sampling.max_tokens,
                "min_tokens": sampling.min_tokens,
                "temperature": sampling.temperature,
                "seed": seed % (1 << 31),
                "stop": list(sampling.stop),
                "include_stop_str_in_output": True,
                "skip_special_tokens": False,
                "return_token_ids": True,
            },
        )
        try:
            choice = answer["choices"][0]
            is_finished = choice["finish_reason"] == "stop"
            ids = choice.get("token_ids")
            if ids is None:  # a server that does not know return_token_ids: its text is tokenized again
                ids = self._tokenizer.encode(choice["text"], add_special_tokens=False)
                ended_by_eos = is_finished and not any(text in choice["text"] for text in sampling.stop)
                if ended_by_eos and (not ids or ids[-1] not in sampling.eos_ids):
                    ids = [*ids, *list(sampling.eos_ids)[:1]]
            ids = tuple(int(token) for token in ids) or tuple(sampling.eos_ids)[:1]
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise EndpointError(f"the server answered no completion: {answer!r}"[:300], "Is it vLLM?") from error
        return Written(ids, (0.0,) * len(ids), is_finished)

    def _post(self, path: str, body: dict[str, Any]) -> Any:
        import httpx

        try:
            response = self._client.post(path, json=body)
        except httpx.HTTPError as error:
            raise EndpointError(
                f"{self._client.base_url}: {error}", "Start the server, or leave --server out."
            ) from error
        if response.status_code >= 400:
            hint = "Start vLLM with --enable-lora and VLLM_ALLOW_RUNTIME_LORA_UPDATING=True." if "lora" in path else ""
            what = f"{response.request.url} answered {response.status_code}: {response.text[:200]}"
            raise EndpointError(what, hint or "Read the server's log.")
        return response.json() if "json" in response.headers.get("content-type", "") else None
