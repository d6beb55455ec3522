"""The calls to INSi as a whole: made or not, for whom, by the right mode, no message twice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from conformance.checks.insi.model import RECOVERY, Request
from conformance.checks.insi.model import request as read_request
from conformance.checks.insi.voice import INS_GUIDE, say, subject
from conformance.model.evidence import Exchange
from conformance.model.finding import Finding, Location, Severity
from conformance.model.identity import Identity

_CARDS = ("cps_auth", "cps_sign", "aucun")


def only(calls: Sequence[Exchange], operation: str) -> list[Exchange]:
    """The calls of that operation (RECOVERY or VERIFICATION)."""
    return [call for call in calls if call.operation == operation]


def called(calls: Sequence[Exchange], operation: str | None = None, times: int | None = None) -> Iterator[Finding]:
    """INSi was called; ``operation`` narrows to one, ``times`` asks for that number of calls."""
    found = calls if operation is None else only(calls, operation)
    if not found or (times is not None and len(found) != times):
        expected = "au moins un appel" if times is None else f"{times} appel(s)"
        text = (
            "Le logiciel n’a pas appelé INSi."
            if not found
            else "Le logiciel n’a pas appelé INSi le nombre de fois attendu."
        )
        yield Finding(
            "insi.called",
            text,
            Severity.ERROR,
            Location("appels INSi"),
            f"{expected}{_of(operation)}",
            f"{len(found)} appel(s)",
            "Appeler le téléservice INSi dans cette situation.",
            INS_GUIDE,
        )


def not_called(calls: Sequence[Exchange], operation: str | None = None) -> Iterator[Finding]:
    """INSi was not called, not even in vain; one finding for each call seen."""
    for call in calls if operation is None else only(calls, operation):
        yield say(
            "not-called",
            "Le logiciel a appelé INSi alors qu’il ne le devait pas.",
            call,
            f"aucun appel{_of(operation)}",
            call.operation,
            "Bloquer l’appel dans cette situation.",
            source=INS_GUIDE,
        )


def verified(calls: Sequence[Exchange], person: Identity) -> Iterator[Finding]:
    """The INS of a person was submitted to INSi, alone or in a lot."""
    if not any(person.matricule in call.keys for call in calls if call.operation != RECOVERY):
        yield Finding(
            "insi.verified",
            "L’identité n’a pas été soumise à la vérification par INSi.",
            where=Location(f"usager {person.nom_naissance}"),
            expected="une vérification, unitaire ou en masse",
            observed=", ".join(call.operation for call in calls) or "aucun appel",
            fix="Inclure dans le lot chaque identité qui porte une INS.",
            source=f"{INS_GUIDE}, règle 46",
        )


def mode_is(call: Exchange, mode: str) -> Iterator[Finding]:
    """The call is authenticated by that mode: CPX (card), ORG (organisation's certificate) or PSC.

    ORG: no assertion, the organisation's client certificate; CPX: signed assertion, never the organisation's
    certificate; PSC: unsigned assertion qualified PSC. Source: INS/va1.14, INS/va1.37, INS/va1.58.
    """
    opened = read_request(call)
    if not isinstance(opened, Request):
        yield from opened
        return
    shown = call.facts.get("certificat") or ("présenté" if call.tls and call.tls.client else "aucun")
    if opened.mode != mode:
        said = {
            "CPX": "assertion signée",
            "PSC": "assertion non signée, qualifiée PSC",
            "ORG": "aucune assertion",
            "?": "assertion incohérente",
        }
        yield say(
            "mode",
            "L’appel à INSi n’emploie pas le mode d’authentification exigé.",
            call,
            f"{mode}\u00a0: {said.get(mode, mode)}",
            f"{opened.mode}\u00a0: {said[opened.mode]}",
            "Choisir l’assertion qui convient à ce mode.",
        )
    if mode == "ORG" and shown not in ("org_auth", "présenté"):
        yield say(
            "mode.certificate",
            "L’appel n’est pas fait avec le certificat de la structure.",
            call,
            "certificat d’organisation (org_auth)",
            subject(call, shown),
            "Présenter le certificat logiciel d’organisation à la négociation TLS.",
        )
    if mode == "CPX" and shown not in (*_CARDS, "présenté"):
        yield say(
            "mode.certificate",
            "L’appel par carte est fait avec un autre certificat que celui de la carte.",
            call,
            "certificat de la carte",
            subject(call, shown),
            "Employer le certificat d’authentification de la carte.",
        )


def unique_messages(calls: Sequence[Exchange]) -> Iterator[Finding]:
    """Each call bears its own MessageID."""
    seen: set[str] = set()
    for call in calls:
        opened = read_request(call)
        value = opened.message_id.lower() if isinstance(opened, Request) else ""
        if value and value in seen:
            yield say(
                "message-id.unique",
                "Deux appels portent le même wsa:MessageID.",
                call,
                "un identifiant par appel",
                value,
                "Engendrer un UUID par message.",
            )
        seen.add(value)


def _of(operation: str | None) -> str:
    return f" ({operation})" if operation else ""
