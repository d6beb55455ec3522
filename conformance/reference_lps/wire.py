"""HTTPS towards the national services: one trust anchor, a deadline, a size limit, and failures in French."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .types import Bench, Credential

if TYPE_CHECKING:
    import requests

TIMEOUT = 5.0
_MAX_BYTES = 2_000_000


class WireError(Exception):
    """The service could not be heard; the message is the French sentence for the user."""


@dataclass(frozen=True)
class Heard:
    """An HTTP answer, read to its end."""

    status: int
    body: bytes


def session(bench: Bench, credential: Credential | None = None) -> requests.Session:
    """A client that trusts the bench's authority only, and ignores the proxies of the environment."""
    import requests

    client = requests.Session()
    client.trust_env = False
    client.verify = str(bench.trust)
    client.headers["Accept-Encoding"] = "identity"
    if credential:
        client.cert = (str(credential.certificate), str(credential.key))
    return client


def call(client: requests.Session, method: str, url: str, *, limit: int = _MAX_BYTES, **options: Any) -> Heard:
    """Send and read the whole answer, at most ``limit`` bytes, redirects not followed; WireError when it does not come."""
    import requests
    import urllib3

    deadline = time.monotonic() + TIMEOUT
    try:
        with client.request(method, url, timeout=TIMEOUT, stream=True, allow_redirects=False, **options) as answer:
            return Heard(answer.status_code, _read(answer, deadline, limit))
    except (requests.Timeout, TimeoutError, urllib3.exceptions.TimeoutError) as late:
        raise WireError("Le service n’a pas répondu dans le délai de 5 secondes.") from late
    except requests.exceptions.SSLError as refused:
        raise WireError("La connexion TLS avec le service a été refusée.") from refused
    except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as broken:
        raise WireError("Le service est injoignable ou sa réponse est interrompue.") from broken


def _read(answer: requests.Response, deadline: float, limit: int) -> bytes:
    body = b""
    while chunk := answer.raw.read1(65_536, decode_content=True):
        body += chunk
        if len(body) > limit:
            raise WireError("La réponse du service est trop longue.")
        if time.monotonic() > deadline:
            raise TimeoutError
    return body
