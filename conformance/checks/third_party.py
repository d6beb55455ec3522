"""Connections that a third-party structure opened, or tried to open: by a certificate that is worth something, or not at all.

Works on exchanges of the structure's channel. Facts read: ``certificat`` (what was shown), ``refus`` (how the software
cut the connection), ``absence`` (why nothing is known).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from conformance.checks.saying import Voice
from conformance.model.evidence import Exchange
from conformance.model.finding import Finding, Location, Severity

_say = Voice("ie", "SSI/IE.43")
_ASKED = "un refus\u00a0: négociation TLS rompue, ou réponse 401 ou 403"
_REASONS = {
    "aucun": ("sans présenter de certificat", "Exiger un certificat de qui ouvre une connexion.", Severity.ERROR),
    "révoqué": (
        "avec un certificat révoqué",
        "Chercher chaque certificat dans la liste de révocation de son autorité, ou interroger le répondeur OCSP.",
        Severity.ERROR,
    ),
    "expiré": ("avec un certificat expiré", "Vérifier les dates du certificat présenté.", Severity.ERROR),
    "d’une autre autorité": (
        "avec le certificat d’une autorité inconnue",
        "Remonter la chaîne du certificat jusqu’à une autorité de l’IGC Santé.",
        Severity.ERROR,
    ),
    # A same address may be open to professionals with their cards: nothing forbids it.
    "d’une personne": (
        "avec le certificat d’une personne",
        "N’admettre à cette entrée que les certificats d’authentification ou de cachet d’une structure.",
        Severity.WARNING,
    ),
}


def status(attempt: Exchange) -> int | None:
    """The HTTP status that answered, None without answer."""
    return None if attempt.response is None else int(attempt.response.start.split()[-1])


def entered(attempt: Exchange) -> bool:
    """Whether what was asked for was given."""
    code = status(attempt)
    return code is not None and 200 <= code < 300


def refused(attempt: Exchange) -> bool:
    """Whether the software said no: connection cut once it was reached, or 4xx where another certificate is given 2xx."""
    code = status(attempt)
    return bool(attempt.facts.get("refus")) if code is None else 400 <= code < 500


def told(attempt: Exchange) -> str:
    """What became of an attempt, in French."""
    code = status(attempt)
    if code is not None:
        return f"HTTP {code}"
    return attempt.facts.get("refus") or attempt.facts.get("absence") or "aucune réponse"


def kept_out(attempts: Sequence[Exchange]) -> Iterator[Finding]:
    """Nobody got in by what authenticates no structure.

    Looks at the attempts it is given only; that a valid certificate does get in is the caller's to make sure.
    """
    for attempt in attempts:
        how, fix, severity = _REASONS[attempt.facts["certificat"]]
        if entered(attempt):
            message = f"Une structure tierce ouvre une connexion {how}."
            yield _say("structure-tierce", message, attempt, _ASKED, told(attempt), fix, severity)


def asked_for_revocation(calls: Sequence[Exchange]) -> Iterator[Finding]:
    """A list of revoked certificates, or the responder, was asked for. Told, never condemned: a list may be had otherwise."""
    if not calls:
        yield _say(
            "structure-tierce.revocation",
            "Le certificat révoqué est refusé, mais le logiciel n’a demandé au banc ni liste de révocation ni réponse OCSP.",
            Location("échanges de révocation"),
            "une lecture de la liste, ou une demande OCSP",
            "aucune",
            "Montrer la configuration du contrôle (preuve SSI/IE.43.01.02)\u00a0: le refus peut avoir une autre cause.",
            Severity.WARNING,
        )
