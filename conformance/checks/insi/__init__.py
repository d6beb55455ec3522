"""Judgement of the calls to the INSi téléservice: made or not, well formed, by the right mode.

Works on the exchanges of the insi channel. The rules of the request are those of the service as its clients
show them (guide SEL-MP-043); the primary document was not read.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from conformance.checks.insi.model import CARD, RECOVERY, SOAP_12, TRAITS, VERIFICATION, Answer, Request, answer, local
from conformance.checks.insi.model import request as read_request
from conformance.checks.saying import Voice
from conformance.model.evidence import Exchange
from conformance.model.finding import Finding, Location, Severity
from conformance.model.identity import Identity

__all__ = [
    "CARD",
    "RECOVERY",
    "VERIFICATION",
    "Answer",
    "Request",
    "answer",
    "called",
    "mode_is",
    "not_called",
    "only",
    "read_request",
    "request",
    "traits_sent",
    "unique_messages",
    "verified",
]

_SOURCE = "INSi, guide d’intégration SEL-MP-043"
_INS_GUIDE = "Guide d’implémentation de l’INS"
_ACTION = f"urn:ServiceIdentiteCertifiee:1.0.0:{RECOVERY}"
_MESSAGE_ID = re.compile(r"(urn:)?uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_NAME = re.compile(r"[A-Z'][A-Z' -]*")
_FORMS = {"Sexe": r"[FM]", "DateNaissance": r"\d{4}-\d{2}-\d{2}", "LieuNaissance": r"[0-9AB]{5}"}
_ALLOWED = frozenset({"NomNaissance", "Prenom", "Sexe", "DateNaissance", "LieuNaissance"})
_CARDS = ("cps_auth", "cps_sign", "aucun")
_say = Voice("insi", _SOURCE)


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
            _INS_GUIDE,
        )


def not_called(calls: Sequence[Exchange], operation: str | None = None) -> Iterator[Finding]:
    """INSi was not called, not even in vain; one finding for each call seen."""
    for call in calls if operation is None else only(calls, operation):
        yield _say(
            "not-called",
            "Le logiciel a appelé INSi alors qu’il ne le devait pas.",
            call,
            f"aucun appel{_of(operation)}",
            call.operation,
            "Bloquer l’appel dans cette situation.",
            source=_INS_GUIDE,
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
            source=f"{_INS_GUIDE}, règle 46",
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
        yield _say(
            "mode",
            "L’appel à INSi n’emploie pas le mode d’authentification exigé.",
            call,
            f"{mode}\u00a0: {said.get(mode, mode)}",
            f"{opened.mode}\u00a0: {said[opened.mode]}",
            "Choisir l’assertion qui convient à ce mode.",
        )
    if mode == "ORG" and shown not in ("org_auth", "présenté"):
        yield _say(
            "mode.certificate",
            "L’appel n’est pas fait avec le certificat de la structure.",
            call,
            "certificat d’organisation (org_auth)",
            _subject(call, shown),
            "Présenter le certificat logiciel d’organisation à la négociation TLS.",
        )
    if mode == "CPX" and shown not in (*_CARDS, "présenté"):
        yield _say(
            "mode.certificate",
            "L’appel par carte est fait avec un autre certificat que celui de la carte.",
            call,
            "certificat de la carte",
            _subject(call, shown),
            "Employer le certificat d’authentification de la carte.",
        )


def request(call: Exchange) -> Iterator[Finding]:
    """The request follows the rules of the service.

    SOAP 1.2, addressing, IDAM, traits in capitals, nothing more.
    """
    opened = read_request(call)
    if not isinstance(opened, Request):
        yield from opened
        return
    yield from _envelope(call, opened)
    yield from _card(call) if opened.operation == CARD else _traits(call, opened)


def _envelope(call: Exchange, asked: Request) -> Iterator[Finding]:
    if asked.soap != SOAP_12:
        yield _say(
            "soap",
            "La requête n’est pas une enveloppe SOAP 1.2.",
            call,
            SOAP_12,
            asked.soap or "absente",
            "Employer SOAP 1.2.",
        )
    kind = (call.request.header("Content-Type") or "").lower()
    if not kind.startswith(("application/soap+xml", "multipart/")):
        yield _say(
            "content-type",
            "La requête n’est pas déclarée en SOAP 1.2.",
            call,
            "application/soap+xml",
            kind or "absent",
            "Écrire Content-Type: application/soap+xml;charset=utf-8.",
            Severity.WARNING,
        )
    right = (
        asked.action == _ACTION
        if asked.operation == RECOVERY
        else asked.action.endswith((f":{VERIFICATION}", f":{CARD}"))
    )
    if not right:
        yield _say(
            "action",
            "L’en-tête wsa:Action ne correspond pas à l’opération.",
            call,
            _ACTION if asked.operation != VERIFICATION else f"…:{VERIFICATION}",
            asked.action or "absent",
            "Reprendre l’action du contrat de service.",
        )
    if not _MESSAGE_ID.fullmatch(asked.message_id):
        yield _say(
            "message-id",
            "L’en-tête wsa:MessageID n’a pas la forme exigée.",
            call,
            "uuid:xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx",
            asked.message_id or "absent",
            "Engendrer un UUID par message, précédé de uuid:.",
        )
    if not asked.idam or asked.idam_rank != "4":
        yield _say(
            "idam",
            "Le numéro d’autorisation (IDAM) manque, ou son attribut R n’est pas 4.",
            call,
            'IDAM R="4" non vide',
            f"R={asked.idam_rank or 'absent'}, {asked.idam or 'vide'}",
            "Écrire le numéro d’autorisation du CNDA dans ContexteLPS/LPS/IDAM.",
        )
    if not asked.software.startswith("urn:lps:"):
        yield _say(
            "software",
            "Le nom du logiciel n’a pas la forme attendue.",
            call,
            "urn:lps:NOM:VERSION",
            asked.software or "absent",
            "Écrire ContexteLPS/LPS/Nom sous la forme urn:lps:….",
            Severity.WARNING,
        )


def _card(call: Exchange) -> Iterator[Finding]:
    yield _say(
        "card",
        "Le contenu de l’appel par carte Vitale n’est pas jugé\u00a0: les noms de ses éléments n’ont pas été lus.",
        call,
        "le contrat de service de WS_INS1",
        CARD,
        "Faire relire cet appel par une personne, guide d’intégration à la main.",
        Severity.WARNING,
    )


def _traits(call: Exchange, asked: Request) -> Iterator[Finding]:
    if asked.body is None:
        yield _say(
            "operation",
            "La requête n’est ni une recherche par traits ni une vérification.",
            call,
            "RECSANSVITALE ou IndividuVerifie",
            "autre contenu",
            "Écrire le corps du contrat de service.",
        )
        return
    required = ["NomNaissance", "Sexe", "DateNaissance"]
    for name in [*required, "Prenom"] if asked.operation == RECOVERY else required:
        if not asked.traits.get(name):
            yield _say(
                "traits",
                f"Le trait {name} manque dans la requête.",
                call,
                "une valeur",
                "absent",
                "Envoyer les cinq traits de l’identité.",
            )
    lists = [asked.traits["ListePrenom"]] if asked.traits.get("ListePrenom") else []
    names = [asked.traits.get("NomNaissance", ""), *asked.first_names, *lists]
    for value in (value for value in names if value and not _NAME.fullmatch(value)):
        yield _say(
            "traits.form",
            "Un nom ou un prénom porte un caractère que le service n’admet pas.",
            call,
            "A-Z, espace, apostrophe, tiret",
            value,
            "Mettre les traits en capitales sans accent, sans perdre de caractère.",
        )
    for name, pattern in _FORMS.items():
        if asked.traits.get(name) and not re.fullmatch(pattern, asked.traits[name]):
            yield _say(
                "traits.form",
                f"Le trait {name} n’a pas la forme attendue.",
                call,
                pattern,
                asked.traits[name],
                "Suivre le format du contrat de service.",
            )
    if asked.operation == RECOVERY:
        yield from _extra(call, asked)


def _extra(call: Exchange, asked: Request) -> Iterator[Finding]:
    names = Counter(local(node) for node in (asked.body if asked.body is not None else ()) if local(node))
    extra = sorted(
        {name for name in names if name not in _ALLOWED} | {n for n in names if names[n] > 1 and n != "Prenom"}
    )
    for name in extra:
        yield _say(
            "extra",
            f"La recherche porte une donnée inattendue ou répétée\u00a0: {name}.",
            call,
            ", ".join(sorted(_ALLOWED)),
            name,
            "N’envoyer que les traits de l’identité.",
        )


def unique_messages(calls: Sequence[Exchange]) -> Iterator[Finding]:
    """Each call bears its own MessageID."""
    seen: set[str] = set()
    for call in calls:
        opened = read_request(call)
        value = opened.message_id.lower() if isinstance(opened, Request) else ""
        if value and value in seen:
            yield _say(
                "message-id.unique",
                "Deux appels portent le même wsa:MessageID.",
                call,
                "un identifiant par appel",
                value,
                "Engendrer un UUID par message.",
            )
        seen.add(value)


def traits_sent(call: Exchange, identity: Identity) -> Iterator[Finding]:
    """The traits of the request are those of the person; the birth place may be left out."""
    opened = read_request(call)
    if not isinstance(opened, Request):
        yield from opened
        return
    wanted = identity.traits
    for tag, name in TRAITS.items():
        value = opened.traits.get(tag)
        if value is not None and value != wanted[name] and tag != "ListePrenom":
            yield _say(
                "traits.value",
                f"Le trait {tag} envoyé n’est pas celui de l’identité.",
                call,
                wanted[name],
                value,
                "Envoyer les traits enregistrés.",
            )
    sent = " ".join(opened.first_names).split()
    if sent and sent != wanted["prenoms"].split()[: len(sent)]:
        yield _say(
            "traits.value",
            "Les prénoms envoyés ne sont pas ceux de l’identité.",
            call,
            wanted["prenoms"],
            " ".join(sent),
            "Envoyer les prénoms dans l’ordre de l’état civil.",
        )


def _of(operation: str | None) -> str:
    return f" ({operation})" if operation else ""


def _subject(call: Exchange, shown: str) -> str:
    subject = call.tls.client if call.tls else None
    return f"{shown} ({subject})" if subject else shown
