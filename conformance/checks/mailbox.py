"""Judgement of the boxes opened in IMAP: the order of things, who opened them and how, until when.

Works on the exchanges ``IMAP login`` (a box opened) and ``IMAP session`` (a connection that ended), and on what the
software says. Facts read: ``session``, ``box``, ``starttls``, ``auth``, ``sasl_ir``, ``certificate``, ``closed``, ``refused``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from conformance.checks.saying import Voice
from conformance.model.evidence import Exchange
from conformance.model.finding import Finding, Location

_BEFORE_TLS = frozenset({b"CAPABILITY", b"ID", b"NOOP", b"STARTTLS", b"LOGOUT"})
_say = Voice("boite", "Référentiel socle MSSanté #2, API LPS")


def ciphered_first(sessions: Sequence[Exchange]) -> Iterator[Finding]:
    """Nothing but courtesies is said before STARTTLS. Source: MSS/CONF.06, RFC 3501 §6.2.1."""
    for session in sessions:
        verbs = [words[1].upper() for line in session.request.body.splitlines() if len(words := line.split()) > 1]
        before = verbs[: verbs.index(b"STARTTLS")] if b"STARTTLS" in verbs else verbs
        early = [verb.decode("ascii", "replace") for verb in before if verb not in _BEFORE_TLS]
        if early or session.tls is None:
            yield _say(
                "starttls",
                "Le client parle de la boîte avant STARTTLS.",
                session,
                "STARTTLS avant AUTHENTICATE et SELECT",
                ", ".join(early) or "session sans TLS",
                "Passer en TLS par STARTTLS juste après l’accueil du serveur.",
                source="MSS/CONF.06 ; RFC 3501, 6.2.1",
            )


def by_token(session: Exchange) -> Iterator[Finding]:
    """The session, SMTP or IMAP, is opened by XOAUTH2; the operator itself checked the token. Source: MSS/CONF.07."""
    found = session.facts.get("auth", "aucune")
    if found != "XOAUTH2":
        yield _say(
            "xoauth2",
            "La session n’est pas ouverte par XOAUTH2 avec le jeton Pro Santé Connect de l’utilisateur.",
            session,
            "XOAUTH2",
            found,
            "S’authentifier par XOAUTH2 : user=<boîte>^Aauth=Bearer <jeton>^A^A.",
            source="MSS/CONF.07",
        )


def at_once(opening: Exchange) -> Iterator[Finding]:
    """The token goes with the authentication command itself. Source: MSS/CONF.09, RFC 4959."""
    if opening.facts.get("sasl_ir") != "oui":
        yield _say(
            "sasl-ir",
            "Le jeton ne part pas avec la commande d’authentification (SASL-IR), que l’opérateur annonce pourtant.",
            opening,
            "AUTHENTICATE XOAUTH2 <jeton>",
            "AUTHENTICATE XOAUTH2, puis le jeton",
            "Joindre la réponse initiale à AUTHENTICATE quand SASL-IR est annoncé.",
            source="MSS/CONF.09 ; RFC 4959",
        )


def by_certificate(openings: Sequence[Exchange], tried: Sequence[Exchange]) -> Iterator[Finding]:
    """The applicative box is opened with the organisation's certificate, then PLAIN. Source: MSS/CONF.12."""
    for one in openings[-1:] or tried[-1:]:
        shown, mechanism = one.facts.get("certificate", "aucun certificat"), one.facts.get("auth", "aucune")
        if (shown, mechanism) != ("org_auth", "PLAIN"):
            yield _say(
                "certificat",
                "La boîte applicative n’est pas ouverte en IMAP par le certificat de la structure.",
                one,
                "certificat ORG AUTH_CLI, puis AUTHENTICATE PLAIN",
                one.facts.get("refused") or f"{shown}, {mechanism}",
                "Présenter le certificat ORG AUTH_CLI dans TLS, puis PLAIN avec l’adresse de la boîte.",
                source="MSS/CONF.12",
            )


def ended(opening: Exchange, endings: Sequence[Exchange], why: str) -> Iterator[Finding]:
    """The session is over, by the software's own doing; ``why`` says what should have ended it. Source: MSS/CONF.10."""
    if not endings:
        yield _say(
            "fin",
            f"La boîte reste ouverte alors que {why}.",
            opening,
            "session IMAP fermée",
            "session IMAP en cours",
            "Fermer SMTP et IMAP dès que la session Pro Santé Connect prend fin.",
            source="MSS/CONF.10",
        )


def reopened(cut: Exchange, openings: Sequence[Exchange]) -> Iterator[Finding]:
    """The box that the operator closed is open again. Source: MSS/CONF.11."""
    if not openings:
        yield _say(
            "reprise",
            "Le logiciel n’a pas rouvert la boîte que l’opérateur a fermée.",
            cut,
            "une nouvelle session IMAP, sans geste de l’utilisateur",
            "aucune",
            "Rouvrir la session tant que l’authentification Pro Santé Connect tient.",
            source="MSS/CONF.11",
        )


def not_asked_again(calls: Sequence[Exchange]) -> Iterator[Finding]:
    """Nobody was sent to Pro Santé Connect again. Source: MSS/CONF.11."""
    for call in calls:
        yield _say(
            "reprise.utilisateur",
            "La reprise de la session a demandé une nouvelle authentification à l’utilisateur.",
            call,
            "aucune demande d’authentification",
            call.operation,
            "Renouveler le jeton d’accès par le jeton de rafraîchissement.",
            source="MSS/CONF.11",
        )


def together(openings: Mapping[str, Exchange], endings: Sequence[Exchange]) -> Iterator[Finding]:
    """The boxes are open at the same time: none was closed for the other. Source: MSS/UX.36."""
    over = {one.facts.get("session") for one in endings}
    for box, opening in openings.items():
        if opening.facts.get("session") in over:
            yield _say(
                "ensemble",
                f"La boîte {box} a été fermée pour en ouvrir une autre.",
                opening,
                f"{len(openings)} boîtes ouvertes en même temps",
                f"boîte {box} fermée",
                "Tenir une session par boîte.",
                source="MSS/UX.36",
            )


def configured(answer: Mapping[str, Any], reads: Sequence[Exchange], sessions: Sequence[Exchange]) -> Iterator[Finding]:
    """From its address alone, the file was read and the box opened at what it says. Source: MSS/CONF.04."""
    if not reads:
        yield _told(
            answer, "lecture", "Le fichier d’autoconfiguration de l’opérateur n’a pas été lu.", "GET config-v1.1.xml"
        )
    elif answer.get("etat") != "CONFIGUREE" or not sessions:
        yield _told(
            answer, "essai", "La boîte n’est pas ouverte aux réglages annoncés.", "une connexion d’essai réussie"
        )


def not_configured(answer: Mapping[str, Any], sessions: Sequence[Exchange]) -> Iterator[Finding]:
    """When the file names a port where nobody is, the box is not set up and its former settings are not tried."""
    if answer.get("etat") == "CONFIGUREE" or sessions:
        yield _told(
            answer, "reglages", "La boîte s’ouvre à d’autres réglages que ceux du fichier d’autoconfiguration.", "ECHEC"
        )


def failure_told(answer: Mapping[str, Any]) -> Iterator[Finding]:
    """A box that cannot be read is said so. Source: MSS/CONF.08."""
    if answer.get("etat") == "RELEVEE" or not str(answer.get("message") or "").strip():
        yield _told(
            answer,
            "panne",
            "La panne de l’opérateur n’est pas dite à l’utilisateur.",
            "un échec expliqué",
            "MSS/CONF.08",
        )


def still_works(what: str, status: int | None) -> Iterator[Finding]:
    """Another function works while the operator is broken. Source: MSS/CONF.08."""
    if status is None or not 200 <= status < 300:
        yield _say(
            "panne.reste",
            f"Une panne de la messagerie empêche une autre fonction du logiciel : {what}.",
            Location(what),
            "la fonction répond",
            "aucune réponse" if status is None else f"HTTP {status}",
            "Isoler la messagerie du reste du logiciel.",
            source="MSS/CONF.08",
        )


def returned(notices: Sequence[Exchange], asker: str) -> Iterator[Finding]:
    """One notice of reading went back, to who asked for it. Source: MSS/UX.34."""
    if len(notices) != 1 or asker not in notices[0].keys:
        yield _say(
            "lecture",
            "L’accusé de lecture demandé n’est pas rendu à qui l’a demandé.",
            Location("messages envoyés après la lecture"),
            f"un accusé de lecture pour {asker}",
            ", ".join(one.request.start for one in notices) or "aucun message",
            "Rendre l’accusé de lecture demandé par Disposition-Notification-To, une fois le message lu.",
            source="MSS/UX.34",
        )


def arrival(listed: Sequence[Mapping[str, Any]], message_id: str, wanted: str) -> Iterator[Finding]:
    """What the software tells of a mail it sent is what the receipts say. Source: MSS/va1.14."""
    found = [one for one in listed if one.get("message_id") == message_id]
    state = str(found[0].get("etat")) if found else "message absent"
    if state != wanted:
        yield _say(
            "accuse",
            "Le logiciel ne montre pas ce que dit l’accusé du message envoyé.",
            Location("liste des envois", path=f"/envois/{message_id}"),
            wanted,
            state,
            "Rapprocher chaque accusé du message envoyé, par son identifiant et son destinataire.",
            source="MSS/va1.14 ; RFC 3464",
        )


def _told(answer: Mapping[str, Any], rule: str, message: str, expected: str, source: str = "MSS/CONF.04") -> Finding:
    observed = f"{answer.get('etat')} ({answer.get('message') or 'sans message'})"
    fix = "Lire config-v1.1.xml du domaine de l’adresse, puis essayer SMTP et IMAP aux réglages lus."
    if source != "MSS/CONF.04":
        fix = "Dire l’échec à l’utilisateur, sans bloquer le logiciel."
    return _say(rule, message, Location("réponse du logiciel"), expected, observed, fix, source=source)
