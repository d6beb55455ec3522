"""The boxes of this workstation: opened when they are read, kept open as long as the user is logged in.

A session opened with a Pro Santé Connect token lives until that login ends (MSS/CONF.10) and is opened again when the
operator has cut it (MSS/CONF.11). One opened otherwise lasts the time of a reading. One thread calls all this.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from conformance.reference_lps.network import mail_context
from conformance.reference_lps.psc.login import Login
from conformance.reference_lps.revocation import RevokedList
from conformance.reference_lps.types import Bench

from .autoconfig import Settings
from .imap import BoxError, Credentials, ImapBox
from .store import MARK, MailStore

APPLICATIVE = "applicative"
CERTIFICATE = "CERTIFICAT"


@dataclass(frozen=True)
class _Kept:
    session: ImapBox
    login: str


class Boxes:
    """``current`` gives the Pro Santé Connect login in force, its access token renewed, or None."""

    def __init__(
        self,
        bench: Bench,
        store: MailStore,
        revoked: RevokedList,
        defects: frozenset[str],
        current: Callable[[], Login | None],
    ) -> None:
        self._bench, self._store, self._revoked, self._defects = bench, store, revoked, defects
        self._current = current
        self._kept: dict[str, _Kept] = {}
        self._forgotten: list[ImapBox] = []

    def settings(self, name: str) -> Settings:
        """Where the services of that box are: as found from its address, else as installed."""
        found = self._store.get(MARK, f"reglages {name}")
        return Settings.read(found) if found else Settings.of(self._bench)

    def configure(self, name: str, settings: Settings) -> None:
        """Keep what was found from the address of a box."""
        self._store.save(MARK, f"reglages {name}", settings.data)

    def try_out(self, name: str, settings: Settings) -> None:
        """Open the box with these settings, then leave it. Raises BoxError."""
        self._open(name, settings, self._current()).close()

    def mails(self, name: str) -> list[bytes]:
        """The mails that came since the last reading, oldest first. Raises BoxError."""
        login = self._current()
        session = self._session(name, login)
        try:
            mark = f"dernier {name} {session.validity}"
            last = int((self._store.get(MARK, mark) or {"numero": 0})["numero"])
            found = list(session.mails(last))
        except BoxError:
            self._leave(name)
            raise
        if found:
            self._store.save(MARK, mark, {"numero": found[-1][0]})
        if name not in self._kept:
            session.close()
        return [content for _, content in found if content]

    def watch(self) -> None:
        """Close the sessions whose login is over, open again those that the operator has cut."""
        if not self._kept:
            return
        login = self._current()
        for name, kept in list(self._kept.items()):
            if login is None or kept.login != login.id:
                self._leave(name)
            elif kept.session.cut() and "mss-imap-not-reopened" not in self._defects:
                with suppress(BoxError):
                    self._session(name, login)

    def close(self) -> None:
        """Leave every box."""
        for name in list(self._kept):
            self._kept.pop(name).session.close()
        while self._forgotten:
            self._forgotten.pop().close()

    def _session(self, name: str, login: Login | None) -> ImapBox:
        kept = self._kept.get(name)
        if kept is not None and login is not None and kept.login == login.id and not kept.session.cut():
            return kept.session
        self._leave(name)
        session = self._open(name, self.settings(name), login)
        if login is not None and self._mode(name) != CERTIFICATE:
            if "mss-one-box-at-a-time" in self._defects:
                self.close()
            self._kept[name] = _Kept(session, login.id)
        return session

    def _leave(self, name: str) -> None:
        kept = self._kept.pop(name, None)
        if kept is None:
            return
        if "mss-imap-outlives-login" in self._defects and not kept.session.cut():
            self._forgotten.append(kept.session)
        else:
            kept.session.close()

    def _mode(self, name: str) -> str:
        return str(self._bench.raw["mss"]["boites"][name].get("authentification"))

    def _open(self, name: str, settings: Settings, login: Login | None) -> ImapBox:
        box = self._bench.raw["mss"]["boites"].get(name)
        if box is None:
            raise BoxError(f"La boîte «\u00a0{name}\u00a0» n’est pas paramétrée.")
        applicative = self._mode(name) == CERTIFICATE
        shown = applicative and "mss-imap-without-certificate" not in self._defects
        credentials = Credentials(box["adresse"], password=str(box.get("mot_de_passe") or ""))
        if login is not None and not applicative and "mss-imap-by-password" not in self._defects:
            credentials = Credentials(box["adresse"], token=str(login.tokens.get("access_token", "")))
        elif not applicative and not credentials.password:
            raise BoxError("Aucune session Pro Santé Connect n’est ouverte\u00a0: connectez-vous pour ouvrir la boîte.")
        try:
            context = mail_context(self._bench, self._defects, with_certificate=shown, revoked=self._revoked.file())
        except OSError as error:
            raise BoxError("Aucune liste de révocation n’est à jour\u00a0: la connexion est refusée.") from error
        return ImapBox.open((settings.imap.host, settings.imap.port), context, credentials, self._defects)
