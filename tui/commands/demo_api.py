"""`toolcoder demo-api`: flags and what is printed; the server is `agent.demo_api`."""

from __future__ import annotations

from typing import Annotated

import typer


def demo_api_command(
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Port on 127.0.0.1; 0 takes a free one.")
    ] = 8765,
    auth: Annotated[
        bool, typer.Option("--auth", help="Ask for keys, as the real services do; they are printed.")
    ] = False,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help="Most requests in ten seconds; more are answered with 429.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print addresses and keys as one JSON object.")] = False,
) -> None:
    """Serve films, series and music from the demo catalogue, as TMDB and Spotify would, on this machine.

    Changes are kept until the server ends or POST /reset. Ctrl-C ends it, with exit code 130.
    """
    import json

    from agent.demo_api.auth import Access
    from agent.demo_api.server import HOST, listen, serve
    from tui.standard_streams import emit

    listener = listen(port)
    url = f"http://{HOST}:{listener.getsockname()[1]}"
    access = Access() if auth else None
    whole = {"url": url, "tmdb": f"openapi:{url}/3/openapi.json", "spotify": f"openapi:{url}/v1/openapi.json"}
    if access is not None:
        whole |= {"api_key": access.api_key, "client": f"{access.client_id}:{access.client_secret}"}

    def ready() -> None:
        emit((json.dumps(whole) if as_json else "\n".join(_lines(whole))) + "\n")

    serve(listener, access=access, n_per_10_s=limit, ready=ready)


def _lines(whole: dict[str, str]) -> list[str]:
    """What a person can do now."""
    films, music = whole["tmdb"], whole["spotify"]
    lines = [f"The demo API answers at {whole['url']} until Ctrl-C.", ""]
    if "api_key" in whole:
        films, music = f"'{films}?key=demo_films'", f"'{music}?key=demo_music'"
        lines += [
            "It asks for keys. In the shell where you use it:",
            f"  export DEMO_FILMS_API_KEY={whole['api_key']}",
            f"  export DEMO_MUSIC_API_KEY={whole['client']}",
            "",
        ]
    return [
        *lines,
        "Use it with:",
        f'  toolcoder ask --tools {films} "Who directed Titanic?"',
        f'  toolcoder ask --tools {music} "Which albums did I save?"',
        f"Forget all changes: curl -X POST {whole['url']}/reset",
    ]
