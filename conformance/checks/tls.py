"""Judgement of the TLS sessions between the mail client and the operator (référentiel MSSanté #2, ECO.1.1).

Works on the exchanges of the mail channel: ``SMTP DATA`` for a mail accepted, ``SMTP session`` for a
connection that ended otherwise. Facts read: ``presentation``, ``starttls``, ``auth``, ``certificate``,
``tls_failure``, ``refused``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from conformance.checks.saying import Voice
from conformance.model.evidence import Exchange, Tls
from conformance.model.finding import Finding, Location

MUST_REFUSE = frozenset(
    {
        "expired",
        "revoked",
        "untrusted",
        "wrong-host",
        "unlisted-suite",
        "weak-dh",
        "weak-curve",
        "tls13-only",
        "tls11-only",
    }
)
SUITES = {
    "ECDHE-RSA-AES256-GCM-SHA384": "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "ECDHE-RSA-AES128-GCM-SHA256": "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "ECDHE-RSA-AES256-SHA384": "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384",
    "ECDHE-RSA-AES128-SHA256": "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256",
    "DHE-RSA-AES256-GCM-SHA384": "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384",
    "DHE-RSA-AES128-GCM-SHA256": "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256",
}
"""The six suites allowed, OpenSSL name to IANA name (0xC030, 0xC02F, 0xC028, 0xC027, 0x009F, 0x009E)."""
_REASONS = {
    "expired": ("un certificat serveur expiré", "ECO.1.1.5", "Vérifier les dates du certificat serveur."),
    "untrusted": (
        "un certificat hors de l’IGC Santé",
        "ECO.1.1.4",
        "Vérifier la chaîne du certificat serveur.",
    ),
    "revoked": ("un certificat révoqué", "ECO.1.1.5", "Consulter la liste de révocation ou le répondeur OCSP."),
    "wrong-host": (
        "le certificat d’un autre serveur",
        "ECO.1.1.4",
        "Comparer le nom du serveur à celui du certificat.",
    ),
    "weak-dh": ("un groupe DH de 1024 bits", "ECO.1.1.3", "Refuser les groupes DH de moins de 2048 bits."),
    "weak-curve": ("une courbe de 192 bits", "ECO.1.1.3", "Refuser les courbes de moins de 256 bits."),
    "unlisted-suite": ("une suite de chiffrement non listée", "ECO.1.1.3", "Ne proposer que les six suites."),
    "tls13-only": ("TLS 1.3", "ECO.1.1.2", "Ne proposer que TLS 1.2."),
    "tls11-only": ("TLS 1.1", "ECO.1.1.2", "Ne proposer que TLS 1.2."),
}
_TALKING = (b"AUTH", b"MAIL", b"RCPT", b"DATA")
_SOCLE = "Référentiel socle MSSanté #2"
_say = Voice("tls")


def delivered(session: Exchange) -> bool:
    """Whether the operator accepted a mail in this exchange."""
    return session.operation == "SMTP DATA"


def version(session: Exchange, allowed: Collection[str] = ("TLSv1.2",)) -> Iterator[Finding]:
    """The session uses TLS 1.2 (wave 1); give ``TLSv1.3`` too where wave 2 allows it. Source: ECO.1.1.2."""
    tls = session.tls
    if tls is None:
        yield _no_tls(session)
    elif tls.version not in allowed:
        yield _say(
            "version",
            "La session n’emploie pas la version de TLS exigée.",
            session,
            " ou ".join(allowed),
            tls.version,
            "Négocier TLS 1.2 uniquement.",
            source=f"{_SOCLE}, ECO.1.1.2",
        )


def suite(session: Exchange) -> Iterator[Finding]:
    """The suite negotiated is one of the six. Source: ECO.1.1.3, MSS/CONF.03."""
    tls = session.tls
    if tls is None:
        yield _no_tls(session)
    elif not listed(tls):
        yield _say(
            "suite",
            "La suite de chiffrement négociée n’est pas dans la liste.",
            session,
            ", ".join(SUITES),
            tls.cipher,
            "Ne proposer que les six suites de la liste.",
            source=f"{_SOCLE}, ECO.1.1.3",
        )


def listed(tls: Tls) -> bool:
    """Whether the suite is one of the six, by its OpenSSL or IANA name."""
    return tls.cipher in SUITES or tls.cipher.upper() in SUITES.values()


def starttls_first(sessions: Sequence[Exchange]) -> Iterator[Finding]:
    """Nothing is said before STARTTLS: no authentication, no mail. Source: ECO.1.1.1, RFC 3207."""
    for session in sessions:
        early = [verb for verb in _early(session) if verb in _TALKING]
        if early or (delivered(session) and session.tls is None):
            yield _say(
                "starttls",
                "Le client s’authentifie ou envoie un message avant STARTTLS.",
                session,
                "STARTTLS avant AUTH et MAIL",
                ", ".join(verb.decode() for verb in early) or "message en clair",
                "Passer en TLS par STARTTLS juste après EHLO.",
                source=f"{_SOCLE}, ECO.1.1.1",
            )


def refused(sessions: Sequence[Exchange], tolerated: Collection[str] = ()) -> Iterator[Finding]:
    """Under a TLS behaviour that must be refused, nothing was said to the operator and no mail was delivered.

    ``tolerated`` lifts behaviours of MUST_REFUSE (``tls13-only`` in wave 2). Looks at the exchanges it is
    given only: an empty list proves nothing, ask for :func:`attempted` first.
    """
    for session in sessions:
        name = session.facts.get("presentation", "normal")
        if name not in MUST_REFUSE or name in tolerated:
            continue
        what, eco, fix = _REASONS[name]
        expected = "connexion abandonnée pendant la négociation TLS"
        if delivered(session):
            yield _say(
                "refused",
                f"Le client a remis un message à un serveur qui présente {what}.",
                session,
                expected,
                "message remis",
                fix,
                source=f"{_SOCLE}, {eco}",
            )
        elif _talked(session):
            yield _say(
                "refused",
                f"Le client a poursuivi la session avec un serveur qui présente {what}.",
                session,
                expected,
                "authentification tentée",
                fix,
                source=f"{_SOCLE}, {eco}",
            )


def attempted(sessions: Sequence[Exchange], presentation: str) -> bool:
    """Whether a connection was tried under that behaviour: without one there is nothing to judge."""
    return any(session.facts.get("presentation") == presentation for session in sessions)


def accepted(sessions: Sequence[Exchange], presentation: str = "other-igc") -> Iterator[Finding]:
    """A mail was delivered under a behaviour to accept, such as another certificate of the same authority."""
    seen = [session for session in sessions if session.facts.get("presentation") == presentation]
    newer = presentation == "tls12-tls13"
    if seen and not any(delivered(session) for session in seen):
        observed = seen[-1].facts.get("refused") or seen[-1].facts.get("tls_failure") or "aucun message remis"
        yield _say(
            "accepted",
            "Le client refuse un opérateur qui parle aussi TLS 1.3."
            if newer
            else "Le client refuse un certificat serveur valide de l’IGC Santé.",
            seen[-1],
            "message remis",
            observed,
            "Retenir TLS 1.2 ou TLS 1.3 parmi les versions offertes."
            if newer
            else "Se fier à l’autorité, non à un certificat serveur enregistré.",
            source=f"{_SOCLE}, {'ECO.1.1.2' if newer else 'ECO.1.1.4'}",
        )


def connected_without_list(sessions: Sequence[Exchange]) -> Iterator[Finding]:
    """A mail is delivered though the current revocation list cannot be had. Source: MSS/CONF.22."""
    if not any(delivered(session) for session in sessions):
        seen = [one.facts.get("refused") or one.facts.get("tls_failure") or "aucun message remis" for one in sessions]
        yield _say(
            "revocation",
            "Le client perd la connexion quand la liste de révocation courante ne peut être obtenue.",
            sessions[-1] if sessions else Location("sessions avec l’opérateur"),
            "message remis, la dernière liste non expirée faisant foi",
            seen[-1] if seen else "aucune connexion tentée",
            "Conserver la dernière liste de révocation non expirée et s’en servir.",
            source="MSS/CONF.22",
        )


def client_certificate(session: Exchange) -> Iterator[Finding]:
    """An applicative box is opened with the organisation's client certificate, then AUTH PLAIN.

    Source: MSS/CONF.12.
    """
    if session.tls is None or session.tls.client is None:
        yield _say(
            "client",
            "La boîte applicative est ouverte sans certificat client.",
            session,
            "le certificat d’authentification de la structure",
            "aucun certificat",
            "Présenter le certificat ORG AUTH_CLI à la négociation TLS.",
            source=f"{_SOCLE}, ECO.1.1",
        )
    elif (shown := session.facts.get("certificate", "org_auth")) != "org_auth":
        yield _say(
            "client",
            "Le certificat client n’est pas celui d’authentification de la structure.",
            session,
            "org_auth",
            shown,
            "Présenter le certificat ORG AUTH_CLI.",
            source=f"{_SOCLE}, ECO.1.1",
        )
    if session.facts.get("auth", "PLAIN") != "PLAIN":
        yield _say(
            "client.auth",
            "La boîte applicative n’est pas ouverte par AUTH PLAIN.",
            session,
            "PLAIN",
            session.facts["auth"],
            "Employer SASL PLAIN avec l’adresse de la boîte.",
            source=f"{_SOCLE}, ECO.1.1",
        )


def ranked(session: Exchange, wanted: str) -> Iterator[Finding]:
    """A doctor's own box is opened with the RPPS-rang certificate of who validated. Source: MSS/va1.30."""
    shown = session.facts.get("certificate", "aucun")
    if session.tls is None or session.tls.client is None or shown != wanted:
        yield _say(
            "rang",
            "La boîte n’est pas ouverte avec, pour certificat client, le certificat RPPS-rang du validateur.",
            session,
            "le certificat RPPS-rang du médecin qui a validé le compte rendu",
            (session.tls.client if session.tls else None) or "aucun certificat",
            "Choisir le certificat d’après le médecin qui valide.",
            source="MSS/va1.30 (RPPS-rang)",
        )


def validator_deposits(call: Exchange, wanted: str) -> Iterator[Finding]:
    """A deposit in the DMP shows the RPPS-rang certificate of who validated. Source: AUTH/va1.01."""
    shown = call.facts.get("certificate", "aucun")
    if shown != wanted:
        yield _say(
            "rang.dmp",
            "Le dépôt au DMP n’est pas fait avec le certificat RPPS-rang du médecin qui a validé.",
            call,
            "le certificat RPPS-rang du médecin qui a validé le compte rendu",
            (call.tls.client if call.tls else None) or "aucun certificat",
            "Choisir le certificat d’après le médecin qui a validé, et non d’après qui dépose.",
            source="AUTH/va1.01",
        )


def _early(session: Exchange) -> list[bytes]:
    """The SMTP verbs said before STARTTLS in a recorded connection."""
    verbs = _verbs(session)
    return verbs[: verbs.index(b"STARTTLS")] if b"STARTTLS" in verbs else verbs


def _talked(session: Exchange) -> bool:
    """Whether something was said once TLS was in place; what failed in the handshake said nothing."""
    if session.facts.get("auth"):
        return True
    verbs = _verbs(session)
    after = verbs[verbs.index(b"STARTTLS") + 1 :] if b"STARTTLS" in verbs else []
    return any(verb in _TALKING for verb in after)


def _verbs(session: Exchange) -> list[bytes]:
    if delivered(session):  # the body is the mail itself
        return []
    lines = session.request.body[:65536].splitlines()
    return [words[0].upper() for line in lines if (words := line.split())]


def _no_tls(session: Exchange) -> Finding:
    return _say(
        "absent",
        "Le canal n’est pas protégé par TLS.",
        session,
        "une session TLS",
        session.facts.get("tls_failure", "aucune"),
        "Passer en TLS par STARTTLS.",
        source=f"{_SOCLE}, ECO.1.1.1",
    )
