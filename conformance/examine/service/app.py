"""The HTTP side: few routes, bounded in size, time and number, on loopback unless told otherwise."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from aiohttp import web

import conformance
from conformance.examine.judgement import USUAL, Judgement, Rules
from conformance.examine.many import Job
from conformance.validation.archive import MIB

from .lanes import Lanes
from .profiles import Profile, closest, opened, profiles, version
from .report import NAME, report
from .request import Asked, BadRequestError, read_request

MAX_BODY = 64 * MIB
"""Bytes of a request; a third of base64 is padding, so that a document of 45 MiB passes."""
_IN_FLIGHT = 4 * MAX_BODY
_WAITING = 200
_READ_TIMEOUT = 30.0
_WARM = b'<ClinicalDocument xmlns="urn:hl7-org:v3"/>'

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Service:
    """The validation service; ``rules``: its pack. Build one, then give :meth:`app` to aiohttp or call :func:`serve`."""

    def __init__(
        self, rules: Rules = USUAL, *, host: str = "127.0.0.1", workers: int = 2, timeout: float = 60.0,
        max_body: int = MAX_BODY, read_timeout: float = _READ_TIMEOUT,
    ) -> None:  # fmt: skip
        pack = opened(rules)
        self.profiles = profiles(pack)
        self.version = version(pack)
        self.host = host
        self.workers = workers
        self.timeout = timeout
        self.max_body = max_body
        self.read_timeout = read_timeout
        self._lanes: Lanes | None = None
        self._bytes = 0
        self._waiting = 0

    def app(self) -> web.Application:
        """The aiohttp application."""
        app = web.Application(client_max_size=self.max_body, middlewares=[self._guard])
        app.router.add_get("/health", self._health)
        app.router.add_get("/gazelle/metadata", self._metadata)
        app.router.add_get("/gazelle/validation/profiles", self._profiles)
        app.router.add_post("/gazelle/validation/validate", self._validate)
        app.cleanup_ctx.append(self._running)
        return app

    async def _running(self, _app: web.Application) -> AsyncIterator[None]:
        lanes = self._lanes = Lanes(self.workers, self.timeout)
        # Every process compiles its rules before the first client waits for them.
        rules = self.profiles["cda"].rules
        warm = [asyncio.ensure_future(lanes.judge(_job("warm.xml", _WARM, "cda", rules))) for _ in range(self.workers)]
        yield
        for each in warm:
            each.cancel()
        lanes.close()

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Refuse what a web page of elsewhere could send; tell every refusal in JSON."""
        if not self._is_for_us(request.host):
            return _problem(421, f"« {request.host} » n’est pas un nom de ce service.")
        try:
            response = await handler(request)
        except web.HTTPException as refusal:
            response = _problem(refusal.status, _REFUSALS.get(refusal.status, refusal.reason))
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Cache-Control"] = "no-store"
        return response

    def _is_for_us(self, host: str) -> bool:
        """Whether the Host header names this service: a page that rebinds its own name to loopback does not get in."""
        name = host.rpartition(":")[0] if not host.endswith("]") and ":" in host else host
        name = name.strip("[]").lower()
        if name in ("localhost", self.host.lower()) or self.host in ("0.0.0.0", "::"):  # noqa: S104
            return True
        try:
            return ipaddress.ip_address(name).is_loopback
        except ValueError:
            return False

    async def _health(self, _request: web.Request) -> web.Response:
        return _json({"status": "UP", "version": conformance.__version__, "rules": self.version})

    async def _metadata(self, request: web.Request) -> web.Response:
        url = str(request.url.origin().with_path("/gazelle/validation/validate"))
        interface = {
            "type": "validationInterface",
            "interfaceName": "ValidationInterface",
            "interfaceVersion": "1.0.0",
            "required": True,
            "bindings": [{"type": "restBinding", "serviceUrl": url}],
            "validationProfiles": self._listed(),
        }
        told = {"name": NAME, "version": conformance.__version__, "providedInterfaces": [interface]}
        return _json(told)

    async def _profiles(self, _request: web.Request) -> web.Response:
        return _json(self._listed())

    def _listed(self) -> list[dict[str, object]]:
        return [profile.to_json() for profile in self.profiles.values()]

    async def _validate(self, request: web.Request) -> web.Response:
        if request.content_type != "application/json":
            return _problem(415, "Le corps doit être de type application/json.")
        length = request.content_length if request.content_length is not None else self.max_body
        if length > self.max_body:
            return _problem(413, _REFUSALS[413])
        if self._bytes + length > _IN_FLIGHT or self._waiting >= _WAITING:
            return _problem(503, "Trop de demandes à la fois : réessayez dans quelques secondes.", {"Retry-After": "5"})
        with self._counted(length):
            try:
                body = await asyncio.wait_for(request.read(), self.read_timeout)
            except TimeoutError:
                return _problem(408, f"Le corps n’est pas arrivé en {self.read_timeout:g} s.")
            try:
                asked = await asyncio.to_thread(read_request, body)
            except BadRequestError as error:
                return _problem(400, str(error))
            profile = self.profiles.get(asked.profile)
            if profile is None:
                return _problem(404, f"Profil inconnu. {closest(self.profiles, asked.profile)}")
            judged = await self._judged(asked, profile)
            return _json(report(profile.id, self.version, asked.items, judged))

    @contextmanager
    def _counted(self, length: int) -> Iterator[None]:
        self._bytes += length
        self._waiting += 1
        try:
            yield
        finally:
            self._bytes -= length
            self._waiting -= 1

    async def _judged(self, asked: Asked, profile: Profile) -> list[Judgement]:
        lanes = self._lanes
        if lanes is None:
            raise web.HTTPServiceUnavailable
        names = [str(item.get("itemId") or f"document {rank}") for rank, item in enumerate(asked.items, 1)]
        jobs = [
            _job(name, content, profile.kind, profile.rules)
            for name, content in zip(names, asked.contents, strict=True)
        ]
        return list(await asyncio.gather(*(lanes.judge(job) for job in jobs)))


_REFUSALS = {
    404: "Cette adresse n’existe pas : voir docs/service-validation.yaml.",
    405: "Cette méthode n’est pas permise ici.",
    413: "Le corps est trop volumineux.",
    503: "Le service n’est pas prêt.",
}


def _job(name: str, content: bytes, kind: str | None, rules: Rules) -> Job:
    return Job(0, name, content, kind, rules, len(content))


def _json(data: Any, status: int = 200) -> web.Response:
    return web.json_response(data, status=status, dumps=lambda value: json.dumps(value, ensure_ascii=False))


def _problem(status: int, message: str, headers: dict[str, str] | None = None) -> web.Response:
    response = _json({"status": status, "error": message}, status)
    response.headers.update(headers or {})
    return response


def serve(service: Service, port: int, ready: Callable[[str], None]) -> None:
    """Serve until interrupted; ``ready`` is told the address once it is taken. Raises OSError for one that is not free."""
    family = socket.AF_INET6 if ":" in service.host else socket.AF_INET
    with socket.create_server((service.host, port), family=family) as listening:
        host = f"[{service.host}]" if ":" in service.host else service.host
        ready(f"http://{host}:{listening.getsockname()[1]}")
        web.run_app(service.app(), sock=listening, print=None, access_log=None, shutdown_timeout=5)
