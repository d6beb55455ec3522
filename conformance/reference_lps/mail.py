"""Sending secure mails: one SMTP session per mail, always under TLS, with the authentication of the box."""

from __future__ import annotations

import hashlib
import smtplib
import ssl
from collections.abc import Callable
from contextlib import ExitStack
from email.message import EmailMessage
from pathlib import Path
from typing import ClassVar

from .documents import outgoing
from .messages import (
    APPLICATIVE,
    Sender,
    Wishes,
    deletion_message,
    document_message,
    free_message,
    integration_notice,
    reading_notice,
    reply_message,
)
from .network import mail_context
from .types import Bench, Draft, Patient, Produced, Sent

_TIMEOUT_S = 5.0
_SILENT = "Le serveur de messagerie n’a pas répondu dans les 5 secondes."
_CERTIFICATE_EXPIRED = 10  # X509_V_ERR_CERT_HAS_EXPIRED


NOMINATIVE = "nominative"
BY_CERTIFICATE = (APPLICATIVE, NOMINATIVE)


class _RefusedError(Exception):
    """The session cannot go on; the message, in French, is meant for the user."""


class _Session(smtplib.SMTP):
    """A session whose replies are kept, for the traces."""

    heard: list[str]

    def getreply(self) -> tuple[int, bytes]:
        """The next reply of the operator."""
        code, text = super().getreply()
        self.__dict__.setdefault("heard", []).append(f"{code} {text.decode('utf-8', 'replace')[:200]}")
        return code, text


class Mailer:
    """SMTP client of the boxes of the bench; no mail ever leaves in clear."""

    # Memory of the defect « mss-pins-certificate », for the life of the process; empty without it.
    _pinned: ClassVar[set[str]] = set()

    def __init__(
        self,
        bench: Bench,
        defects: frozenset[str],
        token: Callable[[], str | None] = lambda: None,
        revoked: Callable[[], Path | None] = lambda: None,
        place: Callable[[str], tuple[str, int]] | None = None,
        rank: str = "org_auth",
    ) -> None:
        """``token`` gives the access token of who is logged in, ``revoked`` the list of revoked certificates.

        ``place`` is the host and port of a box's operator, by default those of the bench; ``rank`` is the certificate that
        opens the sender's own box in a practice of several.
        """
        self._bench = bench
        self._defects = defects
        self._token, self._revoked, self._rank = token, revoked, rank
        self._place = place or (lambda _box: (bench.raw["mss"]["hote"], int(bench.raw["mss"]["port"])))

    def send_document(
        self,
        produced: Produced,
        draft: Draft,
        patient: Patient,
        recipient: str,
        box: str,
        reply_to: str | None,
        replaces_message_id: str | None = None,
        no_reply: bool = False,
    ) -> Sent:
        """Send the XDM archive and the PDF; ``replaces_message_id`` is the mail that carried the former version."""
        shown = outgoing(patient, self._defects)

        def write(sender: Sender) -> EmailMessage:
            return document_message(
                sender,
                recipient,
                produced,
                draft,
                shown,
                bench=self._bench,
                defects=self._defects,
                former_id=replaces_message_id,
                no_reply=no_reply,
            )

        return self._send(write, box, reply_to)

    def send_message(
        self, recipient: str, subject: str, text: str, wishes: Wishes, box: str, reply_to: str | None
    ) -> Sent:
        """Send a free mail with what its author wishes of it."""

        def write(sender: Sender) -> EmailMessage:
            return free_message(sender, recipient, subject, text, wishes, defects=self._defects)

        return self._send(write, box, reply_to)

    def send_deletion(self, recipient: str, title: str, former_id: str, box: str, reply_to: str | None) -> Sent:
        """Tell who received a document that it no longer holds; ``former_id`` is the mail that carried it."""

        def write(sender: Sender) -> EmailMessage:
            return deletion_message(sender, recipient, title, former_id, self._defects)

        return self._send(write, box, reply_to)

    def reply(self, source: bytes, text: str, box: str, reply_to: str | None) -> Sent:
        """Answer the mail ``source`` (RFC 5322 bytes) in its thread."""

        def write(sender: Sender) -> EmailMessage:
            return reply_message(sender, source, text, self._defects)

        return self._send(write, box, reply_to)

    def confirm_reading(self, source: bytes, box: str) -> Sent:
        """Tell the author of the mail ``source``, who asked for it, that it was read (MDN)."""

        def write(sender: Sender) -> EmailMessage:
            return reading_notice(sender, source, self._defects)

        return self._send(write, box, None)

    def confirm_integration(self, source: bytes, box: str, done: bool) -> Sent:
        """Tell the author of the mail ``source``, who asked for it, whether its documents were taken in (MDN)."""

        def write(sender: Sender) -> EmailMessage:
            return integration_notice(sender, source, done, self._defects)

        return self._send(write, box, None)

    def _send(self, write: Callable[[Sender], EmailMessage], box: str, reply_to: str | None) -> Sent:
        if box not in self._bench.raw["mss"]["boites"]:
            return Sent("ECHEC", f"La boîte «\u00a0{box}\u00a0» n’est pas paramétrée.")
        sender = Sender.of(self._bench, box, reply_to, self._defects)
        try:
            message = write(sender)
        except ValueError as error:
            return Sent("ECHEC", f"Message impossible à écrire\u00a0: {error}")
        recipient, message_id = str(message["To"]), str(message["Message-ID"])
        heard: list[str] = []
        failure = _told(lambda: self._deliver(sender, box, recipient, message.as_bytes(), heard))
        last = heard[-1] if heard else ""
        if failure is not None:
            return Sent("ECHEC", failure, recipient=recipient, heard=last or failure)
        return Sent("ENVOYE", "Message remis à l’opérateur de messagerie.", message_id, recipient, last)

    def _deliver(self, sender: Sender, box: str, recipient: str, content: bytes, heard: list[str]) -> None:
        """STARTTLS, authentication, then the mail; any refusal raises. ``heard`` gets the operator's replies."""
        if "mss-refuses-newer-operator" in self._defects:
            self._refuse_newer()
        session = self._open(sender, box, heard, self._place(box))
        try:
            session.sendmail(sender.address, [recipient], content)
            last = heard[-1]
            session.quit()
            heard.append(last)
        finally:
            session.close()

    def try_out(self, box: str, place: tuple[str, int]) -> str | None:
        """Open a session of that box at the host and port given, then leave it; the French reason when it does not open."""
        sender = Sender.of(self._bench, box, None, self._defects)
        return _told(lambda: self._open(sender, box, [], place).close())

    def _open(self, sender: Sender, box: str, heard: list[str], place: tuple[str, int]) -> _Session:
        """STARTTLS and authentication; any refusal raises."""
        own = self._rank if box == NOMINATIVE else "org_auth"
        context = mail_context(
            self._bench, self._defects, with_certificate=box in BY_CERTIFICATE, revoked=self._revoked(), own=own
        )
        # The name announced is a literal: looking the machine up in the DNS could last longer than the whole session.
        session = _Session(*place, local_hostname="[127.0.0.1]", timeout=_TIMEOUT_S)
        session.heard = heard
        with ExitStack() as refused:
            refused.callback(session.close)
            if "mss-talks-before-tls" in self._defects:
                session.ehlo()
                session.docmd("MAIL", f"FROM:<{sender.address}>")
            session.starttls(context=context)
            if "mss-pins-certificate" in self._defects:
                self._check_pin(session)
            self._authenticate(session, sender, box)
            refused.pop_all()
        return session

    def _authenticate(self, session: smtplib.SMTP, sender: Sender, box: str) -> None:
        """XOAUTH2 with the token of who is logged in; else PLAIN, without a password when the certificate has spoken."""
        session.ehlo_or_helo_if_needed()
        token = None if box in BY_CERTIFICATE or "mss-password-not-token" in self._defects else self._token()
        if token is not None:
            answer = f"user={sender.address}\x01auth=Bearer {token}\x01\x01"
            # Without a challenge, the whole answer at once; the challenge of a refusal wants an empty line.
            session.auth("XOAUTH2", lambda challenge=None: answer if challenge is None else "")
            return
        password = "" if box in BY_CERTIFICATE else self._bench.raw["mss"]["boites"][box].get("mot_de_passe")
        if password is None:
            raise _RefusedError("La boîte personnelle n’a pas de mot de passe\u00a0: connexion impossible.")
        session.user, session.password = sender.address, password
        session.auth("PLAIN", session.auth_plain)

    def _refuse_newer(self) -> None:
        mss = self._bench.raw["mss"]
        context = mail_context(self._bench, frozenset({"mss-accepts-tls13"}), with_certificate=False)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        with smtplib.SMTP(mss["hote"], int(mss["port"]), local_hostname="[127.0.0.1]", timeout=_TIMEOUT_S) as probe:
            try:
                probe.starttls(context=context)
            except ssl.SSLError:
                probe.close()
                return
        raise _RefusedError("L’opérateur parle une version de TLS que ce logiciel ne connaît pas.")

    def _check_pin(self, session: smtplib.SMTP) -> None:
        if not isinstance(session.sock, ssl.SSLSocket):
            return
        digest = hashlib.sha256(session.sock.getpeercert(binary_form=True) or b"").hexdigest()
        self._pinned.update(set() if self._pinned else {digest})
        if digest not in self._pinned:
            raise _RefusedError("Le certificat du serveur de messagerie n’est pas celui qui est enregistré.")


def _told(deliver: Callable[[], None]) -> str | None:
    """French sentence of what stopped the delivery, None when nothing did."""
    try:
        deliver()
    except _RefusedError as error:
        return str(error)
    except ssl.SSLCertVerificationError as error:
        if error.verify_code == _CERTIFICATE_EXPIRED:
            return "Le certificat du serveur de messagerie est expiré\u00a0: connexion refusée."
        return "Le certificat du serveur de messagerie n’est pas reconnu\u00a0: connexion refusée."
    except ssl.SSLError:
        return "La connexion sécurisée au serveur de messagerie a été refusée."
    except TimeoutError:
        return _SILENT
    except smtplib.SMTPNotSupportedError:
        return (
            "Le serveur de messagerie ne propose pas STARTTLS ou l’authentification attendue\u00a0: rien n’est envoyé."
        )
    except smtplib.SMTPAuthenticationError:
        return "Le serveur de messagerie a refusé l’authentification de la boîte."
    except smtplib.SMTPRecipientsRefused as error:
        codes = sorted({str(code) for code, _ in error.recipients.values()})
        return f"Le serveur de messagerie a refusé le destinataire (code {', '.join(codes)})."
    except smtplib.SMTPResponseException as error:
        return f"Le serveur de messagerie a refusé la session ou le message (code {error.smtp_code})."
    except UnicodeError:
        return "Le mot de passe de la boîte contient un caractère que le protocole n’accepte pas."
    except (smtplib.SMTPException, OSError) as error:
        # smtplib tells a silence within the dialogue as a lost connection.
        if isinstance(error.__context__, TimeoutError):
            return _SILENT
        return "Le serveur de messagerie est injoignable ou a rompu la connexion."
    return None
