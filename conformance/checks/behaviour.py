"""What the software did, or kept from doing, judged from its answers and from what the bench saw."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from conformance.checks import cda
from conformance.model.evidence import Exchange
from conformance.model.finding import Finding, Location
from conformance.validation.gate import Document


def created(patient: Mapping[str, Any]) -> Iterator[Finding]:
    """The software holds a record for the person (INS guide, rule 51)."""
    if not patient.get("id"):
        yield Finding(
            "ins.creation",
            "Le logiciel n’a pas créé l’usager inconnu.",
            expected="une identité créée sans matricule ni OID",
            observed="aucune identité rendue",
            fix="Créer l’identité avec les seuls traits reçus quand la vérification INSi répond KO.",
            source="Guide d’implémentation de l’INS, règle 51",
        )


def not_status(patient: Mapping[str, Any], forbidden: str) -> Iterator[Finding]:
    """The status is any but that one."""
    if patient.get("statut") == forbidden:
        yield Finding(
            "ins.statut",
            f"L’identité a reçu le statut {forbidden}, qu’elle ne devait pas avoir.",
            expected=f"un statut autre que {forbidden}",
            observed=str(patient.get("statut")),
            fix="Ne reprendre la qualification d’un tiers que sous contrat de confiance.",
            source="Guide d’implémentation de l’INS, règle 30",
        )


def document_filed(answer: Mapping[str, Any]) -> Iterator[Finding]:
    """A document received with an INS that INSi confirms is filed."""
    if answer.get("document_integre") is not True:
        yield Finding(
            "ins.document",
            "Le document reçu n’est pas intégré alors que INSi confirme l’identité.",
            expected="document_integre = true",
            observed=f"document_integre = {answer.get('document_integre')}",
            fix="Intégrer le document au dossier quand la vérification répond OK.",
            source="Guide d’implémentation de l’INS, règle 55",
        )


def document_left_out(answer: Mapping[str, Any], works: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    """A document received with an INS that INSi refuses is kept apart, with an alert and a line to work on."""
    fix = "Laisser le document en attente, alerter l’utilisateur et ajouter une ligne à la liste de travail."
    source = "Guide d’implémentation de l’INS, règle 55"
    if answer.get("document_integre") is not False:
        yield Finding(
            "ins.document",
            "Le document est intégré d’office alors que INSi refuse l’identité.",
            expected="document_integre = false",
            observed=f"document_integre = {answer.get('document_integre')}",
            fix=fix,
            source=source,
        )
    if not answer.get("alertes"):
        yield Finding("ins.document.alerte", "Le document écarté n’est pas signalé.", fix=fix, source=source)
    if not works:
        yield Finding(
            "ins.document.travail", "La liste de travail est vide après un document écarté.", fix=fix, source=source
        )


def none_sent(mails: Sequence[Exchange]) -> Iterator[Finding]:
    """No mail left the software."""
    for sent in mails:
        yield Finding(
            "mss.envoi",
            "Un courriel est parti alors que rien ne devait être envoyé.",
            where=Location(f"échange {sent.number}"),
            expected="aucun courriel",
            observed=sent.request.start,
            fix="Bloquer l’envoi et en dire la raison à l’utilisateur.",
            source="Référentiel socle MSSanté #2, ECO.2.2.6",
        )


def written_to(mails: Collection[Exchange], box: str) -> Iterator[Finding]:
    """A mail came for that box."""
    if not mails:
        yield Finding(
            "mss.envoi",
            "Aucun courriel n’est parti alors que plus rien ne s’y opposait.",
            where=Location("MSSanté"),
            expected=f"un courriel pour {box}",
            observed="aucun courriel",
            fix="Envoyer le document dès que ce qui le retenait est levé.",
            source="Référentiel socle MSSanté #2, ECO.2.1.1",
        )


def type_is(document: Document, expected: str) -> Iterator[Finding]:
    """The document is of that type (LOINC)."""
    found = cda.type_code(document)
    if found is None or found.code != expected:
        yield Finding(
            "cda.type",
            "Le document n’est pas du type demandé.",
            where=document.where(document.first("code")),
            expected=expected,
            observed="aucun code" if found is None else found.code,
            fix="Choisir le code du type de document dans JDV_J07.",
            source="Volet Structuration minimale des documents de santé, ClinicalDocument/code",
        )


def replaces_version(after: Document, before: Document) -> Iterator[Finding]:
    """The corrected version names the one it replaces."""
    if cda.replaces(after) != cda.unique_id(before):
        yield Finding(
            "cda.remplacement",
            "L’en-tête de la version corrigée ne désigne pas le document remplacé.",
            where=after.where(after.first("relatedDocument")),
            expected=str(cda.unique_id(before)),
            observed=str(cda.replaces(after) or "aucun relatedDocument"),
            fix='Écrire relatedDocument typeCode="RPLC" avec l’identifiant de la version remplacée.',
            source="Volet Structuration minimale des documents de santé, relatedDocument",
        )


def accepted_by_dmp(exchange: Exchange) -> Iterator[Finding]:
    """The DMP accepted the transaction."""
    if refusal := exchange.facts.get("refused"):
        yield Finding(
            "dmp.refus",
            f"Le DMP refuse la transaction {exchange.facts.get('td', exchange.operation)}\u00a0: {refusal}",
            where=Location(f"échange {exchange.number}"),
            expected="Success",
            observed=exchange.facts.get("code", refusal),
            fix="Corriger ce que le refus désigne, puis déposer de nouveau.",
            source="Guide d’intégration DMP, codes retour",
        )


def deleted_from_dmp(exchanges: Collection[Exchange]) -> Iterator[Finding]:
    """A deletion (TD3.3c) reached the DMP."""
    if not any(exchange.facts.get("td") == "TD3.3c" for exchange in exchanges):
        yield Finding(
            "dmp.suppression",
            "La suppression demandée par l’utilisateur n’est pas parvenue au DMP.",
            expected="une transaction TD3.3c",
            observed=", ".join(exchange.facts.get("td", "?") for exchange in exchanges) or "aucune transaction",
            fix="Envoyer la transaction TD3.3c quand l’utilisateur supprime un document déposé.",
            source="Guide d’intégration DMP, TD3.3c",
        )


def logged_in(connection: Mapping[str, Any], national_id: str | None = None) -> Iterator[Finding]:
    """The professional is logged in, under the identity that Pro Santé Connect gave."""
    user = connection.get("utilisateur") or {}
    if connection.get("etat") != "CONNECTE":
        yield Finding(
            "psc.connexion",
            "La connexion par Pro Santé Connect n’aboutit pas.",
            expected="CONNECTE",
            observed=f"{connection.get('etat')} ({connection.get('message') or 'sans message'})",
            fix="Lire l’adresse d’autorisation dans wallet-openid-configuration et suivre le parcours jusqu’au retour.",
            source="Référentiel Pro Santé Connect",
        )
    elif national_id is not None and user.get("id_national") != national_id:
        yield Finding(
            "psc.identite",
            "L’utilisateur connecté n’est pas celui que Pro Santé Connect a authentifié.",
            expected=national_id,
            observed=str(user.get("id_national")),
            fix="Rapprocher le compte local sur SubjectNameID.",
            source="Référentiel Pro Santé Connect, EX PSC 19",
        )


def login_refused(connection: Mapping[str, Any], mutation: str, meaning: str) -> Iterator[Finding]:
    """After an answer that the provider falsified, nobody is logged in."""
    if connection.get("etat") == "CONNECTE":
        yield Finding(
            f"psc.refus.{mutation}",
            f"La connexion est acceptée malgré une réponse falsifiée\u00a0: {meaning}.",
            expected="connexion refusée",
            observed="CONNECTE",
            fix="Vérifier state, iss, aud, exp, nonce et sub avant d’ouvrir la session.",
            source="OpenID Connect Core 1.0, 3.1.3.7 ; RFC 9207",
        )


def left_by_itself(mails: Collection[Exchange], recipient: str) -> Iterator[Finding]:
    """A mail left for that correspondent without anybody asking for it."""
    if not any(recipient.lower() in mail.keys for mail in mails):
        yield Finding(
            "mss.automatique",
            "Rien n’est parti de soi-même vers le correspondant après la validation.",
            expected=f"un courriel pour {recipient}",
            observed=f"{len(mails)} courriel(s), aucun pour lui",
            fix="Déclencher l’envoi aux correspondants dès la validation du document.",
            source="MSS/va1.21, MSS/va1.29",
        )


def told_once(addressees: Sequence[str], recipients: Sequence[str]) -> Iterator[Finding]:
    """Each former recipient is told of the deletion once, and nobody else is. Source: MSS/va1.30, va1.37."""
    if sorted(addressees) != sorted(recipients):
        yield Finding(
            "mss.suppression",
            "Les destinataires d’origine ne sont pas tous avertis de la suppression, ou d’autres le sont.",
            expected=", ".join(sorted(recipients)),
            observed=", ".join(sorted(addressees)) or "aucun avis",
            fix="Envoyer un avis à chaque destinataire du document supprimé, et à eux seuls.",
            source="MSS/va1.30, MSS/va1.37",
        )


def entry_refused(status: int, what: str) -> Iterator[Finding]:
    """The software refuses an entry (HTTP 4xx) instead of keeping it."""
    if not 400 <= status < 500:
        yield Finding(
            "ins.entry",
            f"Le logiciel accepte une saisie qu’il doit refuser : {what}.",
            expected="un refus (HTTP 4xx)",
            observed=f"HTTP {status}",
            fix="Contrôler les traits à la saisie et expliquer le refus.",
            source="Guide d’implémentation de l’INS, règles 1 et 5",
        )


def entry_accepted(status: int, what: str) -> Iterator[Finding]:
    """The software keeps an entry that has all that is mandatory."""
    if not 200 <= status < 300:
        yield Finding(
            "ins.entry",
            f"Le logiciel refuse une saisie qu’il doit accepter : {what}.",
            expected="une identité créée",
            observed=f"HTTP {status}",
            fix="Ne rendre obligatoire aucun autre champ.",
            source="Guide d’implémentation de l’INS, règle 5",
        )


def found(patients: Sequence[Mapping[str, Any]], patient_id: str, criteria: Mapping[str, str]) -> Iterator[Finding]:
    """The search gives the patient back."""
    if patient_id not in [str(one.get("id")) for one in patients]:
        yield Finding(
            "ins.search",
            "La recherche d’antériorité ne retrouve pas l’usager enregistré.",
            expected="l’usager dans la liste rendue",
            observed=f"{len(patients)} autre(s) usager(s) pour {', '.join(criteria.values())}",
            fix="Chercher dans les noms et prénoms de naissance et utilisés, sans tenir compte des signes.",
            source="Guide d’implémentation de l’INS, règle 17",
        )


def not_found(patients: Sequence[Mapping[str, Any]], patient_id: str) -> Iterator[Finding]:
    """The search leaves out somebody born another day: it does look at what it is asked."""
    if patient_id in [str(one.get("id")) for one in patients]:
        yield Finding(
            "ins.search.wide",
            "La recherche rend un usager né un autre jour : elle ne tient pas compte de la date de naissance.",
            expected="l’usager absent de la liste",
            observed="l’usager présent",
            fix="Restreindre la recherche à la date de naissance donnée.",
            source="Guide d’implémentation de l’INS, règle 17",
        )
