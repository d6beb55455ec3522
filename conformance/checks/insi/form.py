"""The form of a call to INSi: its envelope, and the traits that it asks with."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from conformance.checks.insi.model import CARD, RECOVERY, SOAP_12, TRAITS, VERIFICATION, Request, local
from conformance.checks.insi.model import request as read_request
from conformance.checks.insi.voice import say
from conformance.model.evidence import Exchange
from conformance.model.finding import Finding, Severity
from conformance.model.identity import Identity

_ACTION = f"urn:ServiceIdentiteCertifiee:1.0.0:{RECOVERY}"
_MESSAGE_ID = re.compile(r"(urn:)?uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_NAME = re.compile(r"[A-Z'][A-Z' -]*")
_FORMS = {"Sexe": r"[FM]", "DateNaissance": r"\d{4}-\d{2}-\d{2}", "LieuNaissance": r"[0-9AB]{5}"}
_ALLOWED = frozenset({"NomNaissance", "Prenom", "Sexe", "DateNaissance", "LieuNaissance"})


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
        yield say(
            "soap",
            "La requête n’est pas une enveloppe SOAP 1.2.",
            call,
            SOAP_12,
            asked.soap or "absente",
            "Employer SOAP 1.2.",
        )
    kind = (call.request.header("Content-Type") or "").lower()
    if not kind.startswith(("application/soap+xml", "multipart/")):
        yield say(
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
        yield say(
            "action",
            "L’en-tête wsa:Action ne correspond pas à l’opération.",
            call,
            _ACTION if asked.operation != VERIFICATION else f"…:{VERIFICATION}",
            asked.action or "absent",
            "Reprendre l’action du contrat de service.",
        )
    if not _MESSAGE_ID.fullmatch(asked.message_id):
        yield say(
            "message-id",
            "L’en-tête wsa:MessageID n’a pas la forme exigée.",
            call,
            "uuid:xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx",
            asked.message_id or "absent",
            "Engendrer un UUID par message, précédé de uuid:.",
        )
    if not asked.idam or asked.idam_rank != "4":
        yield say(
            "idam",
            "Le numéro d’autorisation (IDAM) manque, ou son attribut R n’est pas 4.",
            call,
            'IDAM R="4" non vide',
            f"R={asked.idam_rank or 'absent'}, {asked.idam or 'vide'}",
            "Écrire le numéro d’autorisation du CNDA dans ContexteLPS/LPS/IDAM.",
        )
    if not asked.software.startswith("urn:lps:"):
        yield say(
            "software",
            "Le nom du logiciel n’a pas la forme attendue.",
            call,
            "urn:lps:NOM:VERSION",
            asked.software or "absent",
            "Écrire ContexteLPS/LPS/Nom sous la forme urn:lps:….",
            Severity.WARNING,
        )


def _card(call: Exchange) -> Iterator[Finding]:
    yield say(
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
        yield say(
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
            yield say(
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
        yield say(
            "traits.form",
            "Un nom ou un prénom porte un caractère que le service n’admet pas.",
            call,
            "A-Z, espace, apostrophe, tiret",
            value,
            "Mettre les traits en capitales sans accent, sans perdre de caractère.",
        )
    for name, pattern in _FORMS.items():
        if asked.traits.get(name) and not re.fullmatch(pattern, asked.traits[name]):
            yield say(
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
        yield say(
            "extra",
            f"La recherche porte une donnée inattendue ou répétée\u00a0: {name}.",
            call,
            ", ".join(sorted(_ALLOWED)),
            name,
            "N’envoyer que les traits de l’identité.",
        )


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
            yield say(
                "traits.value",
                f"Le trait {tag} envoyé n’est pas celui de l’identité.",
                call,
                wanted[name],
                value,
                "Envoyer les traits enregistrés.",
            )
    sent = " ".join(opened.first_names).split()
    if sent and sent != wanted["prenoms"].split()[: len(sent)]:
        yield say(
            "traits.value",
            "Les prénoms envoyés ne sont pas ceux de l’identité.",
            call,
            wanted["prenoms"],
            " ".join(sent),
            "Envoyer les prénoms dans l’ordre de l’état civil.",
        )
