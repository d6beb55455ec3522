"""The http driver: asks the software to act through the Pilote LPS API, or through its own endpoints mapped by configuration."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import requests

from conformance.drivers.actions import ACTIONS, Action
from conformance.drivers.base import Budget, Reply
from conformance.journal import Journal
from conformance.model.evidence import Artefact, Channel, Exchange, Message
from conformance.model.vendor import ActionMap, DriverConfig, Patience
from conformance.outcomes import NotRun

MAX_ANSWER = 64 * 1024 * 1024
MAX_SILENCES = 3
"""Actions left without any answer, in a row, after which a software is not asked again: it would cost its budget each time."""
USER_HEADER = "X-Pilote-Utilisateur"
_TOKEN = re.compile(rb"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*")


class HttpDriver:
    """Reaches a running software. Every action and its answer are journalled before they are read."""

    kind = "http"

    def __init__(
        self, config: DriverConfig, url: str, journal: Journal, patience: Patience, budget: Callable[[], Budget]
    ) -> None:
        self._config, self._url, self._journal, self._patience = config, url.rstrip("/"), journal, patience
        self._budget = budget
        self._silences = 0
        self._session = requests.Session()
        self._session.trust_env = False

    def perform(self, action: str, parameters: dict[str, Any], user: str | None = None) -> Reply:
        """Ask the software to act. Raises NotRun when the action is not offered or the answer does not come in time."""
        known = ACTIONS[action]
        if self._silences >= MAX_SILENCES:
            raise NotRun(f"action « {action} » non demandée : le logiciel n’a pas répondu {MAX_SILENCES} fois de suite")
        mapping = self._config.actions.get(action) or ActionMap(known.method, known.path)
        own = action in self._config.actions
        path, used = _fill(mapping.path, parameters)
        body = _body(mapping, parameters, used, own)
        headers = {**self._config.headers, **({USER_HEADER: user} if user else {})}
        self._journal.note("ask", {"what": action})
        exchange = self._call(known, mapping.method, path, body, headers, _keys(parameters))
        return interpret(known, exchange, mapping.response if own else {})

    def artefacts(self, kind: str) -> list[Artefact]:
        """A driven software hands no file in: its files are asked for by actions."""
        return []

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def _call(
        self, action: Action, method: str, path: str, body: Any, headers: dict[str, str], keys: frozenset[str]
    ) -> Exchange:
        content = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
        sent = dict(headers) if body is None else {**headers, "Content-Type": "application/json"}
        request = Message(f"{method} {path}", tuple(sent.items()), content)
        timeout = min(self._patience.action_s, self._budget().left())
        response, problem = self._send(method, path, content, sent, timeout)
        self._silences = 0 if problem is None else self._silences + 1
        facts = {} if problem is None else {"absence": problem}
        kept = None if response is None else replace(response, body=without_tokens(response.body))
        written = self._journal.exchange(Exchange(Channel.PILOTE, action.name, request, kept, keys, None, facts))
        return replace(written, response=response)

    def _send(
        self, method: str, path: str, content: bytes, headers: dict[str, str], timeout: float
    ) -> tuple[Message | None, str | None]:
        deadline = time.monotonic() + timeout
        try:
            answer = self._session.request(
                method,
                self._url + path,
                data=content,
                headers=headers,
                timeout=timeout,
                stream=True,
                allow_redirects=False,
            )
            chunks, size = [], 0
            for chunk in answer.iter_content(65536):
                chunks.append(chunk)
                size += len(chunk)
                if size > MAX_ANSWER:
                    return None, f"réponse de plus de {MAX_ANSWER // 2**20} Mo"
                if time.monotonic() > deadline:
                    return None, f"réponse incomplète après {timeout:g} s"
        except requests.Timeout:
            return None, f"pas de réponse après {timeout:g} s (patience.action_s)"
        except requests.RequestException as error:
            return None, f"logiciel injoignable ({type(error).__name__})"
        return Message(f"HTTP {answer.status_code}", tuple(answer.headers.items()), b"".join(chunks)), None


def without_tokens(body: bytes) -> bytes:
    """A body as it may be written down: a token (JWT) told by its digest only. The suites still see the real one."""
    return _TOKEN.sub(lambda token: b"[jeton, empreinte %s]" % hashlib.sha256(token[0]).hexdigest()[:12].encode(), body)


def interpret(action: Action, exchange: Exchange, pointers: Mapping[str, str]) -> Reply:
    """Read a journalled answer: the same bytes give the same reply, live or replayed.

    Raises NotRun when no answer came, or when the software says that it does not offer the action (404, 405, 501
    without the API's own ``erreur``).
    """
    if exchange.response is None:
        raise NotRun(f"action « {action.name} » : {exchange.facts.get('absence', 'aucune réponse')}")
    status = int(exchange.response.start.split()[-1])
    if action.raw and 200 <= status < 300:
        return Reply(status, _file(action, exchange.response.body, pointers), exchange)
    data = _json(exchange.response.body)
    if status in (404, 405, 501) and not (isinstance(data, dict) and "erreur" in data):
        raise NotRun(f"le logiciel n’offre pas l’action « {action.name} » (HTTP {status})")
    if status >= 500:
        told = f" ({data['erreur']})" if isinstance(data, dict) and "erreur" in data else ""
        raise NotRun(f"action « {action.name} » : le logiciel a échoué, HTTP {status}{told}")
    if 200 <= status < 300 and data is None:
        raise NotRun(f"action « {action.name} » : la réponse n’est pas du JSON")
    if pointers and 200 <= status < 300:
        data = {key: _point(data, pointer) for key, pointer in pointers.items()}
    return Reply(status, data, exchange)


def _file(action: Action, body: bytes, pointers: Mapping[str, str]) -> bytes:
    """The bytes of a file: the body itself, or the base64 text that a mapped endpoint holds at ``contenu``."""
    if "contenu" not in pointers:
        return body
    text = _point(_json(body), pointers["contenu"])
    try:
        return base64.b64decode(str(text or ""), validate=True)
    except binascii.Error:
        raise NotRun(f"action « {action.name} » : le contenu du fichier n’est pas en base64") from None


def _fill(path: str, parameters: Mapping[str, Any]) -> tuple[str, set[str]]:
    used = {name for name in parameters if f"{{{name}}}" in path}
    for name in used:
        path = path.replace(f"{{{name}}}", quote(str(parameters[name]), safe=""))
    return path, used


def _body(mapping: ActionMap, parameters: Mapping[str, Any], used: set[str], own: bool) -> Any:
    if mapping.method in {"GET", "DELETE"}:
        return None
    if own and mapping.body is not None:
        return _template(mapping.body, parameters)
    return {name: value for name, value in parameters.items() if name not in used}


def _template(body: Any, parameters: Mapping[str, Any]) -> Any:
    """Put parameters in a body: ``"{name}"`` alone keeps the value's type, inside a text it is written in."""
    if isinstance(body, dict):
        return {key: _template(value, parameters) for key, value in body.items()}
    if isinstance(body, list):
        return [_template(value, parameters) for value in body]
    if not isinstance(body, str):
        return body
    for name, value in parameters.items():
        if body == f"{{{name}}}":
            return value
        body = body.replace(f"{{{name}}}", "" if value is None else str(value))
    return body


def _keys(parameters: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(str(parameters[name]) for name in ("id", "patient") if parameters.get(name))


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _point(data: Any, pointer: str) -> Any:
    """Follow a JSON pointer (RFC 6901); a value that is not there is None."""
    for escaped in pointer.split("/")[1:]:
        step = escaped.replace("~1", "/").replace("~0", "~")
        if isinstance(data, list) and step.isdigit() and int(step) < len(data):
            data = data[int(step)]
        elif isinstance(data, dict) and step in data:
            data = data[step]
        else:
            return None
    return data
