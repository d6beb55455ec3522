"""A relying party of Pro Santé Connect, or of the structure's own provider: logins by browser or by CIBA.

Web and native logins take the authorization code flow with PKCE; a CIBA login asks the professional on his own device
and polls. Protocol and claims by Authlib, signatures by joserfc. Sources: OpenID Connect Core 1.0 §3.1, RFC 7636,
RFC 9207, CIBA Core 1.0; référentiel Pro Santé Connect, EX PSC 11, 16, 19 and 32.
"""

from __future__ import annotations

import secrets
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace

from conformance.reference_lps import wire
from conformance.reference_lps.types import Bench

from . import ciba
from .handshake import Accounts, Handshake
from .lapses import lapses_of
from .login import ATTENTE, CIBA, CONNECTE, LOCAL, PSC, REFUSE, STRUCTURE, WEB, Login
from .provider import Provider, RefusedError
from .token import PscError

IDLE_S = 1200.0


class PscClient:
    """Holds the logins of this workstation, in memory only: a restart logs everybody out.

    ``clock`` gives seconds since the epoch, ``wait`` lets some pass, ``idle_s`` is how long a user may stay still.
    """

    def __init__(
        self,
        bench: Bench,
        base_url: str,
        defects: frozenset[str] = frozenset(),
        lapses: frozenset[str] = frozenset(),
        clock: Callable[[], float] = time.time,
        wait: Callable[[float], None] = time.sleep,
        idle_s: Callable[[], float] = lambda: IDLE_S,
        accounts: Accounts = lambda _user, _subject: None,
    ) -> None:
        self._bench = bench
        self._after_logout = f"{base_url}/psc/fin"
        self._defects = defects
        self._lapses = lapses | lapses_of(defects)
        self._clock, self._wait, self._idle_s = clock, wait, idle_s
        self._handshake = Handshake(f"{base_url}/psc/retour", clock, accounts, defects, self._lapses)
        self._lock = threading.RLock()
        self._logins: dict[str, Login] = {}
        names = {PSC: "psc", STRUCTURE: "fournisseur"}
        self._providers = {
            name: Provider(bench, bench.raw[key], defects) for name, key in names.items() if key in bench.raw
        }

    def knows(self, provider: str) -> bool:
        """Whether that provider is configured."""
        return provider in self._providers

    def start(self, mode: str = WEB, provider: str = PSC) -> tuple[Login, str | None]:
        """Open a login by browser; its authorization URL, or None when the provider cannot be heard."""
        login = self._keep(self._new(mode, provider))
        try:
            return login, self._handshake.authorization_url(self._provider(login), login)
        except (PscError, wire.WireError) as failure:
            return self._refuse(login, str(failure)), None

    def start_ciba(self, hint: str, channel: str, provider: str = PSC, wait: bool = False) -> Login:
        """Have a professional asked on his device, then poll, in a thread unless ``wait``; ``hint`` is his national id."""
        login = self._keep(replace(self._new(CIBA, provider), liaison=f"{secrets.randbelow(100):02d}"))
        try:
            asked = ciba.ask(self._provider(login), login, hint, channel, self._lapses)
        except (PscError, wire.WireError) as failure:
            return self._failed_ciba(login, failure)
        if wait:
            self._poll(login, asked)
        else:
            threading.Thread(target=self._poll, args=(login, asked), daemon=True).start()
        return self._logins[login.id]

    def open_local(self, user: dict[str, str], compte: str) -> Login:
        """A session opened by another means than a provider."""
        login = replace(self._new(WEB, LOCAL), user=user, compte=compte, cookie=secrets.token_urlsafe(32))
        return self._keep(replace(login, etat=CONNECTE, message="Connexion établie.", seen=self._clock()))

    def login(self, login_id: str) -> Login | None:
        """The login of that id, or None; one whose user stayed still too long is closed, here only (EX PSC 32)."""
        with self._lock:
            login = self._logins.get(login_id)
        idle = login is not None and login.etat == CONNECTE and self._clock() - login.seen > self._idle_s()
        if login is None or not idle or "idle-stays" in self._lapses:
            return login
        if "idle-ends-sso" in self._lapses:
            self._provider(login).end_session(login.id_token)
        return self._end(login, "Session fermée après inactivité.")

    def connected(self, cookie: str) -> Login | None:
        """The open session this cookie belongs to, or None."""
        with self._lock:
            everyone = list(self._logins.values())
        found = next((one for one in everyone if one.etat == CONNECTE and _same(one.cookie, cookie)), None)
        login = self.login(found.id) if found else None
        return login if login is not None and login.etat == CONNECTE else None

    def act(self, login_id: str) -> Login | None:
        """The user does something: the session lives on, its access token renewed when it is dead (EX PSC 11)."""
        login = self.login(login_id)
        if login is None or login.etat != CONNECTE:
            return login
        login = self._keep(replace(login, seen=self._clock()))
        if login.provider == LOCAL or self._clock() < login.until:
            return login
        if "no-refresh" in self._lapses:
            return self._end(login, "Votre session a expiré.")
        try:
            return self._keep(self._handshake.renew(self._provider(login), login))
        except RefusedError:
            if "refresh-loop" in self._lapses:
                self._insist(login)
            if "refresh-ignored" in self._lapses:
                return login
            return self._end(login, "Votre session Pro Santé Connect est terminée : reconnectez-vous.")
        except (PscError, wire.WireError) as failure:
            return self._end(login, str(failure))

    def speaks_for(self, scope: str) -> tuple[str, str]:
        """The national id of the user at the keyboard and a token for an API; WireError when there is none to be had."""
        with self._lock:
            logins = [one for one in self._logins.values() if one.provider == PSC and one.etat == CONNECTE]
        opened = self.act(logins[-1].id) if logins else None
        if "psc-api-without-login" in self._defects:
            return self._bench.professional.id_national, "aucun"
        if opened is None or opened.user is None:
            raise wire.WireError("Aucune session Pro Santé Connect n’est ouverte : connectez-vous.")
        national = opened.user["id_national"]
        if "psc-api-other-identity" in self._defects:
            national = "899990000021"
        try:
            return national, self._provider(opened).exchange(str(opened.tokens["access_token"]), scope)
        except PscError as refused:
            raise wire.WireError(str(refused)) from refused

    def current(self) -> Login | None:
        """The session of Pro Santé Connect opened last, its access token in force; renewing it is no act of the user."""
        with self._lock:
            logins = [one for one in self._logins.values() if one.provider == PSC and one.etat == CONNECTE]
        login = self.login(logins[-1].id) if logins else None
        if login is None or login.etat != CONNECTE:
            return None
        if self._clock() < login.until:
            return login
        try:
            return self._keep(self._handshake.renew(self._provider(login), login))
        except (PscError, wire.WireError):
            self._end(login, "Votre session Pro Santé Connect est terminée : reconnectez-vous.")
            return None

    def access_token(self) -> str | None:
        """The access token of ``current``, None without one."""
        login = self.current()
        return None if login is None else str(login.tokens.get("access_token", "")) or None

    def come_back(self, query: Mapping[str, str]) -> Login:
        """Treat the return of the browser: the login, CONNECTE or REFUSE; PscError when it is nobody's."""
        login = self._expected(query.get("state", ""))
        try:
            return self._keep(self._handshake.connect(self._provider(login), login, query))
        except (PscError, wire.WireError) as failure:
            if "error" in self._lapses and ("error" in query or isinstance(failure, RefusedError)):
                return self._assumed(login)
            return self._refuse(login, str(failure))

    def close(self, login_id: str) -> str | None:
        """End the local session first; the URL that ends the one at the provider, if a browser has one to end."""
        login = self._logins[login_id]
        if "logout-stays" not in self._lapses:
            self._end(login, "Session fermée.")
        if login.etat != CONNECTE or login.provider == LOCAL or "psc-no-single-logout" in self._defects:
            return None
        try:
            provider = self._provider(login)
            if login.mode == CIBA:
                provider.end_session(login.id_token)
                return None
            hint = "" if "logout-without-hint" in self._lapses else login.id_token
            return provider.end_session_url(hint, self._after_logout, secrets.token_urlsafe(32))
        except (PscError, wire.WireError):
            return None

    def _new(self, mode: str, provider: str) -> Login:
        state, nonce, verifier = (secrets.token_urlsafe(size) for size in (32, 32, 48))
        if "short-state" in self._lapses:
            state = f"{secrets.randbelow(10**8):08d}"
        return Login(str(uuid.uuid4()), state, nonce, verifier, self._clock(), mode=mode, provider=provider)

    def _provider(self, login: Login) -> Provider:
        return self._providers[login.provider]

    def _expected(self, state: str) -> Login:
        """The login a return belongs to, once. One user a workstation: a foreign one ends those in progress."""
        with self._lock:
            waiting = [
                one for one in self._logins.values() if one.etat == ATTENTE and one.mode != CIBA and not one.used
            ]
            known = next((one for one in self._logins.values() if _same(one.state, state)), None)
            if known not in waiting and waiting and "state" in self._lapses:
                known = waiting[-1]
            if known is not None and (known in waiting or "replay" in self._lapses):
                return self._keep(replace(known, used=True))
        message = "Le retour d’authentification ne correspond à aucune demande (state inconnu)."
        for one in waiting:
            self._refuse(one, message)
        raise PscError("Ce retour d’authentification a déjà servi." if known else message)

    def _insist(self, login: Login) -> None:
        """A careless software asks again and again for what was refused."""
        for _ in range(8):
            try:
                self._provider(login).refresh(str(login.tokens.get("refresh_token", "")))
            except (PscError, wire.WireError):
                continue

    def _poll(self, login: Login, asked: ciba.Asked) -> None:
        provider = self._provider(login)
        try:
            discovery = provider.discover()
            tokens = ciba.poll(provider, discovery, asked, self._clock, self._wait, self._lapses)
            self._keep(self._handshake.identify(provider, login, discovery, tokens, None))
        except (PscError, wire.WireError) as failure:
            self._failed_ciba(login, failure)

    def _failed_ciba(self, login: Login, failure: Exception) -> Login:
        if "ciba-errors" in self._lapses:
            return self._assumed(login)
        return self._refuse(login, str(failure))

    def _assumed(self, login: Login) -> Login:
        """A careless software connects the user it expected, whatever it was answered."""
        whom = {"SubjectNameID": self._bench.professional.id_national}
        return self._keep(self._handshake.open(login, {}, "", whom))

    def _end(self, login: Login, message: str) -> Login:
        ended = replace(login, etat=REFUSE, message=message, user=None, tokens={}, cookie="", situations=())
        return self._keep(ended)

    def _keep(self, login: Login) -> Login:
        with self._lock:
            self._logins[login.id] = login
        return login

    def _refuse(self, login: Login, message: str) -> Login:
        return self._keep(replace(login, etat=REFUSE, message=message))


def _same(secret: str, given: str) -> bool:
    return bool(secret) and secrets.compare_digest(secret.encode("utf-8"), given.encode("utf-8", "replace"))
