"""Authlib's client on a transport with our own limits: one trust anchor, a deadline, a size, failures in French."""

from __future__ import annotations

import io
import time
from functools import cache
from typing import TYPE_CHECKING, Any

from conformance.reference_lps.types import Bench
from conformance.reference_lps.wire import TIMEOUT, WireError

if TYPE_CHECKING:
    import requests
    from requests.adapters import HTTPAdapter

_MAX_BYTES = 2_000_000


def settle(client: requests.Session, bench: Bench) -> None:
    """Give a session of any library the bench's trust, and an adapter that raises nothing but WireError."""
    client.trust_env = False
    client.verify = str(bench.trust)
    client.headers["Accept-Encoding"] = "identity"
    client.mount("https://", _bounded()())


@cache
def _bounded() -> type[HTTPAdapter]:
    import requests
    import urllib3
    from requests.adapters import HTTPAdapter

    class Bounded(HTTPAdapter):
        """Reads the whole answer before anybody else does, within the limits."""

        def send(self, request: Any, *_: Any, **options: Any) -> requests.Response:
            try:
                return _whole(super().send(request, **options | {"stream": True, "timeout": TIMEOUT}))
            except (requests.Timeout, TimeoutError, urllib3.exceptions.TimeoutError) as late:
                raise WireError("Le service n’a pas répondu dans le délai de 5 secondes.") from late
            except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as broken:
                raise WireError("Le service est injoignable ou sa réponse est interrompue.") from broken

    return Bounded


def _whole(answer: requests.Response) -> requests.Response:
    deadline, body = time.monotonic() + TIMEOUT, b""
    while chunk := answer.raw.read1(65_536):
        body += chunk
        if len(body) > _MAX_BYTES:
            raise WireError("La réponse du service est trop longue.")
        if time.monotonic() > deadline:
            raise TimeoutError
    answer.raw.release_conn()
    answer.raw = io.BytesIO(body)
    return answer
