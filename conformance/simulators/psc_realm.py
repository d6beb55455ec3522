"""What Pro Santé Connect remembers: its client, sessions, codes and tokens, each with its lifetime."""

from __future__ import annotations

import secrets
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from conformance.simulators.http import Response
from conformance.simulators.people import Organisation, Professional
from conformance.simulators.psc_tokens import ACCESS_S, REFRESH_S, Claims, Signer, at_hash, subject_of

CODE_S, PENDING_S = 60, 600
SSO_MAX_S, SSO_IDLE_S = 4 * 3600, 1800
REALM = "/auth/realms/esante-wallet"


class Client(NamedTuple):
    """The software as registered at Pro Santé Connect."""

    id: str
    secret: str


def new_client() -> Client:
    """A software registered anew."""
    return Client("lps-banc-de-conformite", secrets.token_urlsafe(24))


@dataclass(slots=True)
class Session:
    """One authentication of the professional; ``means`` is CARD or MOBILE, times are the realm's clock."""

    means: str
    at: float
    seen: float
    closed: bool = False
    id: str = field(default_factory=lambda: str(uuid.uuid4()))


@dataclass(slots=True)
class Grant:
    """What the professional's consent gave to the client, from the code to the last refresh."""

    request: Mapping[str, str]
    session: Session
    issued: float
    used: bool = False

    @property
    def keys(self) -> frozenset[str]:
        """What attributes the exchanges of this grant."""
        names = (self.request.get("state"), self.request.get("nonce"), self.session.id)
        return frozenset(name for name in names if name)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an endpoint did: its name, its answer, what is to be recorded with it."""

    operation: str
    response: Response
    facts: Mapping[str, str] = field(default_factory=dict)
    keys: frozenset[str] = frozenset()


class Realm:
    """The state of one Pro Santé Connect. Thread-safe."""

    def __init__(
        self,
        professional: Professional,
        organisation: Organisation,
        clock: Callable[[], float],
        redirect_uris: Sequence[str] | None,
        post_logout_uris: Sequence[str] | None,
        client: Client | None = None,
    ) -> None:
        self.client = client or new_client()
        self.professional = professional
        self.organisation = organisation
        self.issuer = ""
        self.wallet = ""
        self.mutation: str | None = None
        self.signer = Signer()
        self._clock = clock
        self._redirect_uris = redirect_uris
        self._post_logout_uris = post_logout_uris
        self._lock = threading.Lock()
        self._pending: dict[str, tuple[Mapping[str, str], float]] = {}
        self._sessions: dict[str, Session] = {}
        self._codes: dict[str, Grant] = {}
        self._refreshes: dict[str, tuple[Grant, float]] = {}
        self._revoked: set[str] = set()

    @property
    def subject(self) -> str:
        """The professional's ``sub``."""
        return subject_of(self.professional.id_national)

    def allows(self, uri: str) -> bool:
        """Whether the browser may be sent back to this address after a login."""
        return _allowed(uri, self._redirect_uris)

    def allows_after_logout(self, uri: str) -> bool:
        """Whether the browser may be sent back to this address after a logout."""
        return _allowed(uri, self._post_logout_uris)

    def hold(self, request: Mapping[str, str]) -> str:
        """Keep an authorization request while its login page is open; give back the transaction's number."""
        number = secrets.token_urlsafe(16)
        with self._lock:
            self._pending[number] = (request, self._clock() + PENDING_S)
        return number

    def held(self, number: str) -> Mapping[str, str] | None:
        """The request of that login page, once; None when unknown, already used or too old."""
        with self._lock:
            request, until = self._pending.pop(number, ({}, 0.0))
        return request if self._clock() < until else None

    def open(self, means: str) -> Session:
        """A new session."""
        now = self._clock()
        session = Session(means, now, now)
        with self._lock:
            self._sessions[session.id] = session
        return session

    def session(self, number: str) -> Session | None:
        """The open session of that number, which becomes recent."""
        now = self._clock()
        with self._lock:
            session = self._sessions.get(number)
            if session is None or session.closed:
                return None
            if now > min(session.at + SSO_MAX_S, session.seen + SSO_IDLE_S):
                return None
            session.seen = now
            return session

    def close(self, number: str) -> bool:
        """End a session and every token it gave; false when it was not open."""
        session = self.session(number)
        if session is not None:
            session.closed = True
        return session is not None

    def code(self, request: Mapping[str, str], session: Session) -> str:
        """An authorization code for that request."""
        code = f"{uuid.uuid4()}.{session.id}.{secrets.token_urlsafe(16)}"
        with self._lock:
            self._codes[code] = Grant(request, session, self._clock())
        return code

    def redeem(self, code: str) -> tuple[Grant | None, str]:
        """The grant of a code and why it may not be used, empty when it may: once, within CODE_S."""
        now = self._clock()
        with self._lock:
            grant = self._codes.get(code)
            if grant is None:
                return None, "code inconnu"
            if grant.used:
                # A code seen twice may have been stolen: what it gave falls with it (RFC 6749, 4.1.2).
                grant.session.closed = True
                return grant, "code déjà utilisé"
            grant.used = True
        return grant, "code expiré" if now > grant.issued + CODE_S else ""

    def refreshed(self, token: str) -> tuple[Grant | None, str]:
        """The grant of a refresh token and why it may not be used (empty when it may)."""
        with self._lock:
            grant, until = self._refreshes.get(token, (None, 0.0))
            revoked = token in self._revoked
        if grant is None:
            return None, "jeton de rafraîchissement inconnu"
        if self._clock() > until:
            return grant, "jeton de rafraîchissement expiré"
        if revoked or grant.session.closed:
            return grant, "session fermée ou jeton révoqué"
        grant.session.seen = self._clock()
        return grant, ""

    def tokens(self, grant: Grant) -> dict[str, Any]:
        """The token endpoint's answer for that grant, the identity token mutated when asked."""
        now, who = int(self._clock()), self.professional
        common: Claims = {
            "iss": self.issuer,
            "sub": self.subject,
            "azp": self.client.id,
            "iat": now,
            "exp": now + ACCESS_S,
            "auth_time": int(grant.session.at),
            "nonce": grant.request.get("nonce", ""),
            "acr": "eidas1",
            "session_state": grant.session.id,
            "sid": grant.session.id,
            "preferred_username": who.id_national,
            "authMode": grant.session.means,
        }
        scope = grant.request.get("scope", "openid")
        bearer = {**common, "typ": "Bearer", "jti": str(uuid.uuid4()), "scope": scope}
        bearer["otherIds"] = [{"identifiant": who.rpps, "origine": "RPPS", "qualite": 1}]
        access = self.signer.sign(bearer)
        identity = {**common, "typ": "ID", "jti": str(uuid.uuid4()), "aud": self.client.id, "idp": "PSC"}
        identity |= {"given_name": who.prenom, "family_name": who.nom, "SubjectNameID": who.id_national}
        identity |= {"at_hash": at_hash(access), "amr": [grant.session.means.lower()]}
        refresh = secrets.token_urlsafe(48)
        with self._lock:
            self._refreshes[refresh] = (grant, now + REFRESH_S)
        return {
            "access_token": access,
            "expires_in": ACCESS_S,
            "refresh_token": refresh,
            "refresh_expires_in": REFRESH_S,
            "token_type": "Bearer",
            "id_token": self.signer.sign(identity, self.mutation),
            "not-before-policy": 0,
            "session_state": grant.session.id,
            "scope": scope,
        }

    def revoke(self, token: str) -> None:
        """Make an access or refresh token useless."""
        with self._lock:
            self._revoked.add(token)

    def claims(self, token: str) -> Claims | None:
        """The claims of an access token in force; None for any other string."""
        claims = self.signer.read(token)
        if claims is None or claims.get("typ") != "Bearer" or self._clock() >= claims.get("exp", 0):
            return None
        with self._lock:
            session = self._sessions.get(claims.get("sid", ""))
            return None if token in self._revoked or session is None or session.closed else claims


def _allowed(uri: str, registered: Sequence[str] | None) -> bool:
    """Registered exactly, or, when none is, a loopback address as native software uses (RFC 8252, 7.3)."""
    if registered is not None:
        return uri in registered
    try:
        parts = urlsplit(uri)
        loopback = parts.hostname in ("127.0.0.1", "localhost", "::1")
    except ValueError:
        return False
    plain = uri.isascii() and uri.isprintable() and " " not in uri
    return parts.scheme == "http" and loopback and plain and not parts.fragment
