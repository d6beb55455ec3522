"""Logins a minute at the simulated Pro Santé Connect, as a share of a floor measured in the same run, on one core.

The floor is the same five HTTPS exchanges with the same two RS256 signatures and nothing else: bare handlers, no state, no
checks, no journal. Logins are paced at ``--rate`` a minute for ``--minutes``; then each side runs flat out for a while.

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
from urllib.parse import parse_qs, urlencode, urlsplit

import requests
from joserfc import jwt
from joserfc.jwk import RSAKey

from conformance.journal import Journal
from conformance.simulators.http import HttpServer, Request, Response
from conformance.simulators.pki import Pki
from conformance.simulators.psc import Psc

CALLBACK = "http://127.0.0.1:9/retour"


def session(pki: Pki) -> requests.Session:
    client = requests.Session()
    client.trust_env, client.verify = False, str(pki.trust)
    return client


def simulated(client: requests.Session, psc: Psc, endpoints: dict[str, str]) -> bool:
    """One whole login: authorization, form, code, tokens, user information, keys known; true when all went well."""
    state, nonce = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
    asked = {"response_type": "code", "client_id": psc.client.id, "redirect_uri": CALLBACK, "scope": "openid scope_all"}
    asked |= {"acr_values": "eidas1", "state": state, "nonce": nonce, "prompt": "login"}
    page = client.get(f"{psc.wallet}?{urlencode(asked)}", allow_redirects=False)
    transaction = page.text.partition('name="transaction" value="')[2].partition('"')[0]
    form = {"transaction": transaction, "moyen": "CPS", "professionnel": psc.professional.id_national}
    back = client.post(f"{psc.wallet}/connexion", form | {"action": "connecter"}, allow_redirects=False)
    told = parse_qs(urlsplit(back.headers.get("Location", "")).query)
    grant = {"grant_type": "authorization_code", "code": told.get("code", [""])[0], "redirect_uri": CALLBACK}
    tokens = client.post(endpoints["token_endpoint"], grant, auth=tuple(psc.client)).json()
    bearer = {"Authorization": f"Bearer {tokens.get('access_token')}"}
    info = client.get(endpoints["userinfo_endpoint"], headers=bearer).json()
    out = {"id_token_hint": tokens.get("id_token", "")}
    closed = client.get(endpoints["end_session_endpoint"], params=out)
    right = told.get("state") == [state] and info.get("SubjectNameID") == psc.professional.id_national
    return right and closed.status_code == 200


def floor_handler(key: RSAKey, request: Request) -> Response:
    """What cannot be saved: an answer, and two signatures where tokens are given."""
    body = b"{}"
    if request.path == "/jeton":
        claims = {"iss": "x", "sub": "y", "aud": "z", "iat": 1, "exp": 2, "nonce": "n" * 32, "jti": "j" * 36}
        made = [jwt.encode({"alg": "RS256", "kid": key.kid}, claims, key) for _ in range(2)]
        body = json.dumps(made).encode()
    return Response(200, (("Content-Type", "application/json"),), body)


def bare(client: requests.Session, base: str) -> bool:
    """The same five exchanges on bare handlers."""
    ways = (("GET", "/a"), ("POST", "/b"), ("POST", "/jeton"), ("GET", "/c"), ("GET", "/d"))
    answers = [
        client.request(method, f"{base}{path}", data={"x": "y"} if method == "POST" else None) for method, path in ways
    ]
    return all(answer.status_code == 200 for answer in answers)


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
        key = RSAKey.generate_key(2048)
        key.ensure_kid()
        bottom = HttpServer(partial(floor_handler, key), pki.server_context)
        psc.start()
        bottom.start()
        try:
            with session(pki) as client, session(pki) as other:
                endpoints = client.get(psc.discovery).json()
                login = partial(simulated, client, psc, endpoints)
                lowest = partial(bare, other, f"https://localhost:{bottom.port}")
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
