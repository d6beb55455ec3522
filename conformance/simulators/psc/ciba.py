"""CIBA in poll mode: a professional is asked on his own device, the software asks again until he has answered.

The device of the bench accepts at the second question, so that waiting is always seen. Sources: OpenID Connect CIBA
Core 1.0; the agency's page on CIBA: ``binding_message`` of two digits, ``channel`` CARD or MOBILE, poll mode only.
"""

from __future__ import annotations

import re
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass

from conformance.simulators.http import Request
from conformance.simulators.psc.client import authenticate, refusal
from conformance.simulators.psc.mutations import CIBA
from conformance.simulators.psc.pages import data
from conformance.simulators.psc.realm import Grant, Outcome, Realm
from conformance.simulators.psc.wallet import form

GRANT = "urn:openid:params:grant-type:ciba"
CHANNELS = ("CARD", "MOBILE")
_SLOWER_S = 5.0
_EARLY_S = 0.2
_OBSERVED = ("scope", "acr_values", "login_hint", "binding_message", "channel", "client_id", "requested_expiry")
_ERRORS = {f"ciba-{name.replace('_', '-')}": name for name in ("access_denied", "expired_token", "invalid_request")}


@dataclass(slots=True)
class Asked:
    """A professional being asked on his device; ``asked_at`` is the last question of the software, on the realm's clock."""

    request: Mapping[str, str]
    mutation: str | None
    until: float
    interval: float
    asked_at: float
    questions: int = 0
    ended: bool = False


class Devices:
    """Every request that waits for a professional. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked: dict[str, Asked] = {}

    def ask(self, asked: Asked) -> str:
        """Keep a request; its number."""
        number = secrets.token_urlsafe(32)
        with self._lock:
            self._asked[number] = asked
        return number

    def question(self, number: str, now: float) -> tuple[Asked | None, float]:
        """The request of that number and the seconds since the software last asked about it."""
        with self._lock:
            asked = self._asked.get(number)
            if asked is None:
                return None, 0.0
            since, asked.asked_at = now - asked.asked_at, now
            asked.questions += 1
            return asked, since


def backchannel(realm: Realm, devices: Devices, request: Request) -> Outcome:
    """The request by which the software has a professional asked."""
    name = f"{realm.kind.prefix}ciba"
    sent, repeated = form(request)
    facts = {key: sent[key][:500] for key in _OBSERVED if key in sent}
    facts["client_auth"], unknown = authenticate(realm, request, sent)
    keys = frozenset({sent["login_hint"][:200]} if sent.get("login_hint") else ())
    if request.method != "POST" or repeated:
        return refusal(name, facts, "invalid_request", "POST attendu, sans paramètre répété", keys=keys)
    if unknown:
        return refusal(name, facts, "invalid_client", unknown, status=401, keys=keys)
    error, reason = _wrong(realm, sent)
    mutation = realm.mutation if realm.mutation in CIBA or (realm.mutation or "").startswith("idt-") else None
    if mutation == "ciba-unknown-user":
        error, reason = "unknown_user_id", "refus demandé par le banc"
    if mutation in CIBA:
        facts["mutation"] = str(mutation)
    if error:
        return refusal(name, facts, error, reason, keys=keys)
    lives, now = realm.lifetimes, realm.clock()
    interval = lives.long_interval_s if mutation == "ciba-long-interval" else lives.interval_s
    number = devices.ask(Asked(sent, mutation, now + lives.ciba_s, interval, now))
    answer = {"auth_req_id": number, "expires_in": int(lives.ciba_s), "interval": int(interval)}
    omitted = {"ciba-no-auth-req-id": "auth_req_id", "ciba-no-expires-in": "expires_in"}.get(mutation or "", "")
    facts |= {"verdict": "accepté", "interval": str(int(interval))}
    return Outcome(name, data(200, {k: v for k, v in answer.items() if k != omitted}), facts, keys)


def _wrong(realm: Realm, sent: Mapping[str, str]) -> tuple[str, str]:
    """The error of a request and its reason; both empty when right."""
    if "openid" not in sent.get("scope", "").split():
        return "invalid_scope", "scope doit contenir openid"
    if not sent.get("login_hint"):
        return "invalid_request", "login_hint absent"
    if sent["login_hint"] not in realm.people:
        return "unknown_user_id", "aucun professionnel n’a cet identifiant national"
    if realm.kind.wallet and not re.fullmatch(r"[0-9]{2}", sent.get("binding_message", "")):
        return "invalid_binding_message", "binding_message doit être un nombre de deux chiffres"
    if realm.kind.wallet and sent.get("channel") not in CHANNELS:
        return "invalid_request", "channel doit être CARD ou MOBILE"
    return "", ""


def answered(
    realm: Realm, devices: Devices, sent: Mapping[str, str], facts: dict[str, str]
) -> tuple[Grant | None, str, str]:
    """What a question at the token endpoint gets: a grant, or an error and its reason.

    Writes in ``facts`` the seconds since the former question, and whether the software asked too early.
    """
    now = realm.clock()
    asked, since = devices.question(sent.get("auth_req_id", ""), now)
    if asked is None:
        return None, "invalid_grant", "auth_req_id inconnu"
    facts |= {"depuis_s": f"{since:.1f}", "interval": f"{asked.interval:g}", "login_hint": asked.request["login_hint"]}
    if asked.mutation in CIBA:
        facts["mutation"] = str(asked.mutation)
    if asked.ended:
        return None, "invalid_grant", "auth_req_id déjà servi"
    if asked.mutation in _ERRORS:
        asked.ended = True
        return None, _ERRORS[asked.mutation], "refus demandé par le banc"
    if now > asked.until:
        asked.ended = True
        return None, "expired_token", "la demande est restée sans réponse"
    if since < asked.interval - _EARLY_S:
        facts["trop_tot"] = "oui"
        asked.interval += _SLOWER_S
        return None, "slow_down", f"question posée {since:.1f} s après la précédente"
    if asked.questions == 1 and not (asked.mutation or "").startswith("idt-"):
        if asked.mutation == "ciba-slow-down":
            asked.interval += _SLOWER_S
            return None, "slow_down", "ralentissement demandé par le banc"
        return None, "authorization_pending", "le professionnel n’a pas encore répondu"
    asked.ended = True
    if (asked.mutation or "").startswith("idt-"):
        facts["mutation"] = asked.mutation or ""
    session = realm.open(asked.request.get("channel", "MOBILE"), realm.people[asked.request["login_hint"]])
    return Grant(asked.request, session, now, used=True), "", ""
