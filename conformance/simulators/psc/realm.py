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
from conformance.simulators.psc.kinds import Kind, Lifetimes
from conformance.simulators.psc.tokens import Claims, Signer, at_hash, subject_of

PENDING_S = 600


class Client(NamedTuple):
    """The software as registered at Pro Santé Connect."""

    id: str
    secret: str


def new_client() -> Client:
    """A software registered anew."""
    return Client("lps-banc-de-conformite", secrets.token_urlsafe(24))


@dataclass(slots=True)
class Session:
    """One authentication of a professional; ``means`` is CARD or MOBILE, times are the realm's clock."""

    who: Professional
    sub: str
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
        names = (self.request.get("state"), self.request.get("nonce"), self.session.id, self.session.who.id_national)
        return frozenset(name for name in names if name)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an endpoint did: its name, its answer, what is to be recorded with it."""

    operation: str
    response: Response
    facts: Mapping[str, str] = field(default_factory=dict)
    keys: frozenset[str] = frozenset()


class Realm:
    """The state of one provider. Thread-safe. ``people`` may log in, the first being whom the page proposes."""

    def __init__(
        self,
        kind: Kind,
        people: Sequence[Professional],
        organisation: Organisation,
        clock: Callable[[], float],
        redirect_uris: Sequence[str] | None = None,
        post_logout_uris: Sequence[str] | None = None,
        client: Client | None = None,
        identify: Callable[[bytes | None], str | None] = lambda _: None,
    ) -> None:
        self.kind = kind
        self.client = client or new_client()
        self.people = {one.id_national: one for one in people}
        self.organisation = organisation
        self.issuer = ""
        self.wallet = ""
        self.mutation: str | None = None
        self.mutual_tls_only = False
        self.lifetimes = Lifetimes()
        self.signer = Signer()
        self.clock = clock
        self.identify = identify
        self.former_state = ""
        self._redirect_uris = redirect_uris
        self._post_logout_uris = post_logout_uris
        self._lock = threading.Lock()
        self._pending: dict[str, tuple[Mapping[str, str], float]] = {}
        self._sessions: dict[str, Session] = {}
        self._codes: dict[str, Grant] = {}
        self._refreshes: dict[str, tuple[Grant, float]] = {}
        self._revoked: set[str] = set()

    @property
    def professional(self) -> Professional:
        """Whom the login page proposes first."""
        return next(iter(self.people.values()))

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
            self._pending[number] = (request, self.clock() + PENDING_S)
        return number

    def held(self, number: str) -> Mapping[str, str] | None:
        """The request of that login page, once; None when unknown, already used or too old."""
        with self._lock:
            request, until = self._pending.pop(number, ({}, 0.0))
        return request if self.clock() < until else None

    def open(self, means: str, who: Professional | None = None) -> Session:
        """A new session, under a subject or for a person that the mutation may change."""
        who, now = who or self.professional, self.clock()
        sub = subject_of(who.id_national, self.kind.path)
        if self.mutation == "other-sub":
            sub = subject_of(who.id_national, "autre-domaine.banc.test")
        elif self.mutation == "other-rpps":
            who = next((one for one in self.people.values() if one != who), who)
        session = Session(who, sub, means, now, now)
        with self._lock:
            self._sessions[session.id] = session
        return session

    def session(self, number: str) -> Session | None:
        """The open session of that number, which becomes recent."""
        now, lives = self.clock(), self.lifetimes
        with self._lock:
            session = self._sessions.get(number)
            if session is None or session.closed:
                return None
            if now > min(session.at + lives.sso_max_s, session.seen + lives.sso_idle_s):
                return None
            session.seen = now
            return session

    def close(self, number: str) -> bool:
        """End a session and every token it gave; false when it was not open."""
        session = self.session(number)
        if session is not None:
            session.closed = True
        return session is not None

    def end_sessions(self) -> int:
        """End every open session, as when refresh tokens come to their term; how many there were."""
        with self._lock:
            still = [session for session in self._sessions.values() if not session.closed]
            for session in still:
                session.closed = True
        return len(still)

    def code(self, request: Mapping[str, str], session: Session) -> str:
        """An authorization code for that request."""
        code = f"{uuid.uuid4()}.{session.id}.{secrets.token_urlsafe(16)}"
        with self._lock:
            self._codes[code] = Grant(request, session, self.clock())
        return code

    def redeem(self, code: str) -> tuple[Grant | None, str]:
        """The grant of a code and why it may not be used, empty when it may: once, while it lives."""
        now = self.clock()
        with self._lock:
            grant = self._codes.get(code)
            if grant is None:
                return None, "code inconnu"
            if grant.used:
                # A code seen twice may have been stolen: what it gave falls with it (RFC 6749, 4.1.2).
                grant.session.closed = True
                return grant, "code déjà utilisé"
            grant.used = True
        return grant, "code expiré" if now > grant.issued + self.lifetimes.code_s else ""

    def refreshed(self, token: str) -> tuple[Grant | None, str]:
        """The grant of a refresh token and why it may not be used (empty when it may)."""
        now = self.clock()
        with self._lock:
            grant, until = self._refreshes.get(token, (None, 0.0))
            revoked = token in self._revoked
        if grant is None:
            return None, "jeton de rafraîchissement inconnu"
        if now > min(until, grant.session.at + self.lifetimes.sso_max_s):
            return grant, "jeton de rafraîchissement ou session expirés"
        if revoked or grant.session.closed:
            return grant, "session fermée ou jeton révoqué"
        grant.session.seen = now
        return grant, ""

    def tokens(self, grant: Grant, mutation: str | None = None) -> dict[str, Any]:
        """The token endpoint's answer for that grant, the identity token falsified when asked."""
        now, session, lives = int(self.clock()), grant.session, self.lifetimes
        who = session.who
        common: Claims = {
            "iss": self.issuer,
            "sub": session.sub,
            "azp": self.client.id,
            "iat": now,
            "exp": now + int(lives.access_s),
            "auth_time": int(session.at),
            "acr": self.kind.acr,
            "session_state": session.id,
            "sid": session.id,
            "preferred_username": who.id_national,
            "authMode": session.means,
        }
        if "nonce" in grant.request:
            common["nonce"] = grant.request["nonce"]
        scope = grant.request.get("scope", "openid")
        bearer = {**common, "typ": "Bearer", "jti": str(uuid.uuid4()), "scope": scope}
        bearer["otherIds"] = [{"identifiant": who.rpps, "origine": "RPPS", "qualite": 1}]
        access = self.signer.sign(bearer)
        # An identity token is read at once: it does not die as early as a shortened access token would.
        identity = {**common, "typ": "ID", "jti": str(uuid.uuid4()), "aud": self.client.id, "exp": now + 120}
        identity |= {"idp": "PSC", "given_name": who.prenom, "family_name": who.nom, "SubjectNameID": who.id_national}
        identity |= {"at_hash": at_hash(access), "amr": [session.means.lower()]}
        refresh = secrets.token_urlsafe(48)
        with self._lock:
            self._refreshes[refresh] = (grant, now + lives.refresh_s)
        return {
            "access_token": access,
            "expires_in": int(lives.access_s),
            "refresh_token": refresh,
            "refresh_expires_in": int(lives.refresh_s),
            "token_type": "Bearer",
            "id_token": self.signer.sign(identity, mutation, self.client.secret),
            "not-before-policy": 0,
            "session_state": session.id,
            "scope": scope,
        }

    def revoke(self, token: str) -> None:
        """Make an access or refresh token useless."""
        with self._lock:
            self._revoked.add(token)

    def claims(self, token: str) -> Claims | None:
        """The claims of an access token in force; None for any other string."""
        claims = self.signer.read(token)
        if claims is None or claims.get("typ") != "Bearer" or self.clock() >= claims.get("exp", 0):
            return None
        with self._lock:
            session = self._sessions.get(claims.get("sid", ""))
            return None if token in self._revoked or session is None or session.closed else claims

    def bearer(self, token: str) -> tuple[Claims, Session] | None:
        """The claims of an access token in force and the session it belongs to."""
        claims = self.claims(token)
        return None if claims is None else (claims, self._sessions[claims["sid"]])


def _allowed(uri: str, registered: Sequence[str] | None) -> bool:
    """Registered exactly, or, when none is, a loopback address, as native software (RFC 8252, 7.3) or a local server has."""
    if registered is not None:
        return uri in registered
    try:
        parts = urlsplit(uri)
        loopback = parts.hostname in ("127.0.0.1", "localhost", "::1")
    except ValueError:
        return False
    plain = uri.isascii() and uri.isprintable() and " " not in uri
    return parts.scheme in ("http", "https") and loopback and plain and not parts.fragment
