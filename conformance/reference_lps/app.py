"""The HTTP server of the LPS, on the loopback only: API, pages, start and stop."""

from __future__ import annotations

import asyncio
import json
import re
import socket
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path
from typing import Any

from aiohttp import web

from . import deposits, mllp, structures
from .desk import hl7
from .errors import RefusalError, not_found
from .inputs import Call
from .lps import Lps
from .pages import Pages
from .routes import BASE, Action, File, actions
from .types import Bench

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_IDLE_S = 0.1
_WATCH_S = 0.25
_MAX_BODY = 16_000_000
_ROLES = {"habilite": True, "ordinaire": False}


async def serve(
    bench: Bench,
    data: Path,
    port: int,
    *,
    defects: frozenset[str],
    announce: Callable[[str], None],
    stop: asyncio.Event,
) -> None:
    """Listen until ``stop`` is set; ``announce`` gets the base URL once it accepts requests (port 0: any)."""
    listener = socket.create_server(("127.0.0.1", port))
    base_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    lps = Lps.open(bench, data, base_url, defects)
    # One writer at a time: two actions on the same identity never overlap, whatever the callers do.
    with (
        ThreadPoolExecutor(1, "ecriture") as writer,
        ThreadPoolExecutor(4, "lecture") as readers,
        # Whoever waits for the mail operator makes nobody else wait (MSS/CONF.08).
        ThreadPoolExecutor(1, "courrier") as post,
    ):
        inbox = await _inbox(lps, writer) if "hl7" in bench.raw else None
        if inbox is not None:
            lps = replace(lps, listens=inbox.sockets[0].getsockname()[:2])
        door = await structures.listen(lps) if "structure_tierce" in bench.raw else None
        if door is not None:
            lps = replace(lps, entrance=door.url)
        tasks = [asyncio.create_task(_feed(lps, writer)), asyncio.create_task(_watch(lps, post))]
        runner = web.AppRunner(_application(lps, writer, readers, post), shutdown_timeout=1.0)
        await runner.setup()
        try:
            await web.SockSite(runner, listener).start()
            announce(base_url)
            await stop.wait()
        finally:
            for task in tasks:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
            await runner.cleanup()
            if inbox is not None:
                inbox.close()
            if door is not None:
                await door.close()
    lps.boxes.close()
    lps.letters.close()
    lps.store.close()
    lps.directory.close()
    lps.received.close()
    lps.accounts.close()


async def _inbox(lps: Lps, writer: ThreadPoolExecutor) -> asyncio.Server:
    """The HL7 v2 inbox, over MLLP: it writes in turn with the actions."""

    async def answer(block: bytes) -> bytes:
        return await asyncio.get_running_loop().run_in_executor(writer, hl7.receive, lps, block)

    return await mllp.listen("127.0.0.1", 0, answer)


async def _feed(lps: Lps, writer: ThreadPoolExecutor) -> None:
    """Make the deposits that wait, one after the other; the DMP is called apart from whoever writes in the file."""
    loop, pace = asyncio.get_running_loop(), deposits.Pace(lambda: float(lps.store.setting("dmp_debit") or 4))
    with ThreadPoolExecutor(1, "depot") as sender:
        while True:
            waiting = await loop.run_in_executor(writer, deposits.due, lps)
            if waiting is None:
                await asyncio.sleep(_IDLE_S)
                continue
            done = await loop.run_in_executor(sender, deposits.attempt, lps, waiting, pace)
            await loop.run_in_executor(writer, deposits.settle, lps, waiting, done)


async def _watch(lps: Lps, post: ThreadPoolExecutor) -> None:
    """Keep the boxes that are open in step with the login and with the operator."""
    while True:
        await asyncio.sleep(_WATCH_S)
        await asyncio.get_running_loop().run_in_executor(post, lps.boxes.watch)


def _application(
    lps: Lps, writer: ThreadPoolExecutor, readers: ThreadPoolExecutor, post: ThreadPoolExecutor
) -> web.Application:
    app = web.Application(client_max_size=_MAX_BODY, middlewares=[_errors])
    for action in actions():
        pool = post if action.waits else readers if action.method == "GET" else writer
        app.router.add_route(action.method, BASE + action.path, _handler(lps, action, pool))
    Pages(lps).add_to(app)
    return app


def _handler(lps: Lps, action: Action, pool: ThreadPoolExecutor) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        call = await _read(request, lps)
        result = await asyncio.get_running_loop().run_in_executor(pool, action.run, lps, call)
        if isinstance(result, File):
            headers = {"Content-Disposition": result.disposition}
            return web.Response(body=result.body, content_type=result.content_type, headers=headers)
        return _json(result, action.status)

    return handle


async def _read(request: web.Request, lps: Lps) -> Call:
    user = request.headers.get("X-Pilote-Utilisateur", lps.bench.professional.rpps)
    role = request.headers.get("X-Pilote-Role", "habilite")
    if not re.fullmatch(r"[\w.@/ -]{1,64}", user) or role not in _ROLES:
        raise RefusalError(400, "L’en-tête X-Pilote-Utilisateur ou X-Pilote-Role est invalide.")
    body: Any = {}
    if raw := await request.read():
        try:
            body = json.loads(raw)
        except (ValueError, RecursionError):
            raise RefusalError(400, "Le corps de la demande n’est pas du JSON lisible.") from None
    if not isinstance(body, dict):
        raise RefusalError(400, "Le corps de la demande doit être un objet JSON.")
    target = request.match_info.get("id", "")
    if target and not re.fullmatch(r"[0-9a-f-]{36}", target, re.ASCII):
        raise not_found("Cet identifiant")
    return Call(user, _ROLES[role], target, body)


@web.middleware
async def _errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except RefusalError as refusal:
        return _json({"erreur": refusal.message}, refusal.status)
    except web.HTTPException as failure:
        sentences = {
            HTTPStatus.NOT_FOUND: "Cette adresse n’existe pas.",
            HTTPStatus.METHOD_NOT_ALLOWED: "Cette méthode n’est pas permise ici.",
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "La demande est trop longue.",
        }
        return _json({"erreur": sentences.get(HTTPStatus(failure.status), "La demande est refusée.")}, failure.status)


def _json(content: dict[str, Any], status: int) -> web.Response:
    # "replace": a message may quote a lone surrogate, that JSON can carry and UTF-8 cannot.
    body = json.dumps(content, ensure_ascii=False).encode("utf-8", "replace")
    return web.Response(body=body, status=status, content_type="application/json", charset="utf-8")
