"""A CIBA login: the professional is asked on his own device, the software polls no faster than it was told.

Sources: OpenID Connect CIBA Core 1.0 §7 and §11; the agency's page on CIBA (binding_message of two digits, channel).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .login import PSC, Login
from .provider import Provider, RefusedError
from .token import PscError

_SLOWER_S = 5.0
_DEFAULT_INTERVAL_S = 5.0
_ENDS = {
    "access_denied": "Le professionnel a refusé la connexion.",
    "expired_token": "La demande est restée sans réponse.",
}


@dataclass(frozen=True)
class Asked:
    """The provider's answer: the request's number, its life and the seconds between two questions."""

    number: str
    expires_s: float
    interval_s: float


def ask(provider: Provider, login: Login, hint: str, channel: str, lapses: frozenset[str]) -> Asked:
    """Have the professional asked; PscError when the answer is not one."""
    form = {"scope": "openid", "login_hint": hint}
    if login.provider == PSC:
        form = {"scope": "openid scope_all", "acr_values": "eidas1", "login_hint": hint, "channel": channel}
        form["binding_message"] = "" if "ciba-no-binding" in lapses else str(login.liaison)
        if "ciba-without-eidas1" in lapses:
            del form["acr_values"]
    answer = provider.ask_device(form)
    if isinstance(answer.get("error"), str):
        raise RefusedError(answer["error"])
    number, expires = answer.get("auth_req_id"), answer.get("expires_in")
    if "ciba-assumes" in lapses:
        number, expires = number or "absent", expires or 120
    if not isinstance(number, str) or not number:
        raise PscError("La réponse de Pro Santé Connect ne porte pas auth_req_id.")
    if isinstance(expires, bool) or not isinstance(expires, int) or expires <= 0:
        raise PscError("La réponse de Pro Santé Connect ne porte pas expires_in.")
    interval = answer.get("interval", _DEFAULT_INTERVAL_S)
    if isinstance(interval, bool) or not isinstance(interval, int | float):
        interval = _DEFAULT_INTERVAL_S
    return Asked(number, float(expires), max(float(interval), 1.0))


def poll(
    provider: Provider,
    discovery: Mapping[str, Any],
    asked: Asked,
    clock: Callable[[], float],
    wait: Callable[[float], None],
    lapses: frozenset[str],
) -> dict[str, Any]:
    """The tokens, once the professional has accepted; PscError when he refused or let it pass."""
    until, interval = clock() + asked.expires_s, asked.interval_s
    if "ciba-hurries" in lapses:
        interval = min(interval, 1.0)
    insists = 5 if "ciba-insists" in lapses else 0
    while clock() < until:
        wait(interval)
        try:
            return provider.poll(discovery, asked.number)
        except RefusedError as refused:
            if refused.code == "slow_down":
                interval += 0.0 if "ciba-ignores-slow-down" in lapses else _SLOWER_S
            elif refused.code != "authorization_pending":
                if insists <= 0:
                    raise PscError(_ENDS.get(refused.code, str(refused))) from refused
                insists -= 1
    raise PscError(_ENDS["expired_token"])
