"""Logins a minute at the simulated Pro Santé Connect, as a share of a floor measured in the same run, on one core.

The floor is the same client and the same five HTTPS exchanges, answered by bare handlers that make the same two RS256
signatures and nothing else: no state, no checks, no journal. Logins are paced at ``--rate`` a minute for ``--minutes``; then each side runs flat out for a while.

    python benchmarks/psc_logins.py                 # half a minute
    python benchmarks/psc_logins.py --minutes 5     # the figure of the requirement
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qs, urlencode, urlsplit

import requests
from joserfc import jwt
from joserfc.jwk import RSAKey

from conformance.journal import Journal
from conformance.simulators.http import HttpServer, Request, Response
from conformance.simulators.pki import Pki
from conformance.simulators.psc import Psc

CALLBACK = "http://127.0.0.1:9/retour"
STATE = "s" * 32


def session(pki: Pki) -> requests.Session:
    client = requests.Session()
    client.trust_env, client.verify = False, str(pki.trust)
    return client


class Place(NamedTuple):
    """Where a login goes, and what the browser brings back there: both sides are walked by the same client."""

    authorize: str
    form: str
    token: str
    userinfo: str
    logout: str
    client: tuple[str, str]
    who: str
    state: Callable[[], str] = partial(secrets.token_urlsafe, 24)


def log_in(client: requests.Session, place: Place) -> bool:
    """One whole login: authorization, form, code, tokens, user information, logout; true when all went well."""
    state, nonce = place.state(), secrets.token_urlsafe(24)
    asked = {"response_type": "code", "client_id": place.client[0], "redirect_uri": CALLBACK}
    asked |= {"scope": "openid scope_all", "acr_values": "eidas1", "state": state, "nonce": nonce, "prompt": "login"}
    page = client.get(f"{place.authorize}?{urlencode(asked)}", allow_redirects=False)
    transaction = page.text.partition('name="transaction" value="')[2].partition('"')[0]
    form = {"transaction": transaction, "moyen": "CPS", "professionnel": place.who, "action": "connecter"}
    back = client.post(place.form, form, allow_redirects=False)
    told = parse_qs(urlsplit(back.headers.get("Location", "")).query)
    grant = {"grant_type": "authorization_code", "code": told.get("code", [""])[0], "redirect_uri": CALLBACK}
    tokens = client.post(place.token, grant, auth=place.client).json()
    bearer = {"Authorization": f"Bearer {tokens.get('access_token')}"}
    info = client.get(place.userinfo, headers=bearer).json()
    closed = client.get(place.logout, params={"id_token_hint": tokens.get("id_token", "")})
    return told.get("state") == [state] and info.get("SubjectNameID") == place.who and closed.status_code == 200


def simulated(psc: Psc, endpoints: dict[str, str]) -> Place:
    """The simulated Pro Santé Connect."""
    names = ("token_endpoint", "userinfo_endpoint", "end_session_endpoint")
    told = (endpoints[name] for name in names)
    return Place(psc.wallet, f"{psc.wallet}/connexion", *told, tuple(psc.client), psc.professional.id_national)


def bare(base: str, like: Place) -> Place:
    """Bare handlers."""
    ways = (f"{base}/{name}" for name in ("page", "retour", "jetons", "personne", "fin"))
    return Place(*ways, like.client, like.who, lambda: STATE)


class Bare:
    """What cannot be saved: answers as long as the real ones, and two signatures where tokens are given."""

    def __init__(self, psc: Psc) -> None:
        from conformance.simulators.psc.pages import login
        from conformance.simulators.psc.userinfo import userinfo

        self._key = RSAKey.generate_key(2048)
        self._key.ensure_kid()
        who = psc.professional
        info = userinfo(who, psc._pki.organisation, "f:x", "CARD")  # noqa: SLF001
        back = f"{CALLBACK}?code={'c' * 100}&session_state={'s' * 36}&state={STATE}&iss=x"
        cookie = f"PSC_SESSION={'s' * 36}; Path=/retour; HttpOnly; Secure; SameSite=Lax"
        self._answers = {
            "/page": login("x", "/retour", "t" * 22, [who]),
            "/retour": Response(302, (("Location", back), ("Set-Cookie", cookie))),
            "/personne": self._json(json.dumps(info).encode()),
            "/fin": Response(200, (("Content-Type", "text/html"),), b"fin"),
        }

    def __call__(self, request: Request) -> Response:
        known = self._answers.get(request.path)
        return known or self._json(json.dumps(self._tokens()).encode())

    def _json(self, body: bytes) -> Response:
        return Response(200, (("Content-Type", "application/json"),), body)

    def _tokens(self) -> dict[str, str]:
        claims = {"iss": "x", "sub": "y", "aud": "z", "iat": 1, "exp": 2, "nonce": "n" * 32, "jti": "j" * 36}
        header = {"alg": "RS256", "kid": self._key.kid}
        return {name: jwt.encode(header, claims, self._key) for name in ("access_token", "id_token")}


def flat_out(one: Callable[[], bool], seconds: float) -> float:
    """How many a minute of processor time, one after the other: what else the machine does then does not count."""
    done, start, spent = 0, time.perf_counter(), time.process_time()
    while time.perf_counter() - start < seconds:
        assert one()
        done += 1
    return done * 60 / (time.process_time() - spent)


def held(one: Callable[[], bool], rate: float, minutes: float) -> tuple[int, int, float]:
    """Logins done, errors, and the worst lateness in seconds, at that rate for that long."""
    done = errors = 0
    late, start = 0.0, time.perf_counter()
    while (due := done * 60 / rate) < minutes * 60:
        now = time.perf_counter() - start
        if now < due:
            time.sleep(due - now)
        late = max(late, now - due)
        try:
            errors += not one()
        except (requests.RequestException, ValueError):
            errors += 1
        done += 1
    return done, errors, late


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=0.5)
    parser.add_argument("--rate", type=float, default=500.0)
    parser.add_argument("--flat", type=float, default=5.0, help="seconds of each flat-out measure")
    options = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    with tempfile.TemporaryDirectory() as folder:
        pki = Pki(Path(folder) / "pki").create()
        journal = Journal(Path(folder) / "run")
        psc = Psc(journal, pki)
        psc.start()
        bottom = HttpServer(Bare(psc), pki.server_context)
        bottom.start()
        try:
            with session(pki) as client, session(pki) as other:
                endpoints = client.get(psc.discovery).json()
                place = simulated(psc, endpoints)
                login = partial(log_in, client, place)
                lowest = partial(log_in, other, bare(f"https://localhost:{bottom.port}", place))
                done, errors, late = held(login, options.rate, options.minutes)
                print(f"{done} logins at {options.rate:g} a minute: {errors} errors, {late:.2f} s late at worst")
                turns = [(flat_out(lowest, options.flat / 2), flat_out(login, options.flat / 2)) for _ in range(4)]
        finally:
            bottom.stop()
            psc.stop()
            journal.close()
    floor, real = (sorted(side)[len(side) // 2] for side in zip(*turns, strict=True))
    print(f"flat out: {real:.0f} logins a minute of processor, floor {floor:.0f}, ratio {real / floor:.2f}")
    return 0 if not errors and real / floor >= 0.5 else 1


if __name__ == "__main__":
    raise SystemExit(main())
