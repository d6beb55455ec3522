"""What a software makes of a DMP it reads: the query it sends, what it shows, what it fetches."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from conformance.checks import dmp_flow
from conformance.checks.vihf.model import Vihf
from conformance.checks.xds.deposit import Deposit
from conformance.model.evidence import Exchange
from conformance.model.finding import Finding, Location, Severity

_GUIDE = "Guide d’intégration DMP"
_PATIENT_AND_STATUS = frozenset({"$XDSDocumentEntryPatientId", "$XDSDocumentEntryStatus"})


def shown_status(record: Mapping[str, Any], expected: str) -> Iterator[Finding]:
    """The record shows that status of the DMP, without a gesture of the user."""
    if record.get("statut") != expected:
        yield Finding(
            "dmp.statut",
            "Le dossier ne montre pas l’état du DMP du patient.",
            expected=expected,
            observed=str(record.get("statut")),
            fix="Afficher à l’ouverture du dossier ce que rend TD0.2\u00a0: créé et autorisé, créé, non créé ou fermé.",
            source="DMP/UX.12",
        )


def listed(answer: Mapping[str, Any], expected: Collection[str]) -> Iterator[Finding]:
    """The list holds these documents (uniqueId) and no other."""
    found = {str(one.get("unique_id")) for one in answer.get("documents") or []}
    if found != set(expected):
        yield Finding(
            "dmp.liste",
            "La liste des documents du DMP n’est pas celle que les critères donnent.",
            expected=f"{len(expected)} document(s)\u00a0: {', '.join(sorted(expected)) or 'aucun'}",
            observed=f"{len(found)} document(s)\u00a0: {', '.join(sorted(found)) or answer.get('message') or 'aucun'}",
            fix="Rendre les documents que le registre trouve pour les critères choisis.",
            source=f"{_GUIDE}, TD3.1",
        )


def criteria(exchange: Exchange, least: int) -> Iterator[Finding]:
    """The query crosses at least so many criteria, besides the patient and the status."""
    names = set(exchange.facts.get("criteria", "").split()) - _PATIENT_AND_STATUS
    kinds = {re.sub(r"(From|To)$", "", name) for name in names}
    if len(kinds) < least:
        yield Finding(
            "dmp.criteres",
            "La recherche ne croise pas les critères demandés\u00a0: ils ne sont pas dans la requête TD3.1.",
            where=Location(f"échange {exchange.number}"),
            expected=f"au moins {least} critères",
            observed=", ".join(sorted(kinds)) or "aucun critère",
            fix="Écrire chaque critère dans un Slot de l’AdhocQuery (typeCode, classCode, serviceStartTime…).",
            source=f"{_GUIDE}, TD3.1",
        )


def news(record: Mapping[str, Any], expected: Mapping[str, int]) -> Iterator[Finding]:
    """The record tells, by type, how many documents others brought."""
    found = record.get("nouveautes") or {}
    if dict(found) != dict(expected):
        yield Finding(
            "dmp.nouveautes",
            "Le dossier ne signale pas le nombre, par type, de documents que des tiers ont versés au DMP.",
            expected=", ".join(f"{name}\u00a0: {count}" for name, count in sorted(expected.items()))
            or "aucune nouveauté",
            observed=", ".join(f"{name}\u00a0: {count}" for name, count in sorted(found.items())) or "aucune nouveauté",
            fix="Compter par typeCode les documents de tiers arrivés depuis la dernière venue, sans ceux de la structure.",
            source="DMP/UX.15",
        )


def integrated(
    exchanges: Sequence[Exchange], answer: Mapping[str, Any], expected: Collection[str]
) -> Iterator[Finding]:
    """The chosen documents were all fetched (TD3.2) and filed."""
    fetched = retrieved(exchanges)
    filed = set(answer.get("integres") or [])
    for name in sorted(set(expected) - (fetched & filed)):
        told = "ni demandé ni rangé" if name not in fetched else "demandé, mais pas rangé au dossier"
        yield Finding(
            "dmp.integration",
            "Un des documents choisis n’est pas intégré au dossier.",
            expected=name,
            observed=told,
            fix="Demander par TD3.2 tous les documents choisis et les ranger ensemble.",
            source="DMP/UX.31",
        )


def retrieved(exchanges: Sequence[Exchange]) -> set[str]:
    """The documents that the DMP gave (TD3.2)."""
    got = [one for one in exchanges if dmp_flow.td(one) == "TD3.2"]
    return {name for one in got for name in one.facts.get("documents", "").split()}


def not_asked_again(before: Sequence[Exchange], after: Sequence[Exchange]) -> Iterator[Finding]:
    """A preloaded document opens without another call for it."""
    for one in after[len(before) :]:
        if dmp_flow.td(one) == "TD3.2":
            yield Finding(
                "dmp.precharge",
                "Un document préchargé est demandé de nouveau au DMP quand on l’ouvre.",
                where=Location(f"échange {one.number}"),
                expected="aucun TD3.2 à l’ouverture",
                observed="TD3.2",
                fix="Ouvrir le document gardé tant que sa durée n’est pas passée.",
                source="DMP/UX.34",
            )


def only(exchanges: Sequence[Exchange], expected: Collection[str]) -> Iterator[Finding]:
    """These documents were fetched, and no other."""
    found = retrieved(exchanges)
    if found != set(expected):
        yield Finding(
            "dmp.prechargement",
            "Les documents préchargés ne sont pas ceux que les critères réglés donnent.",
            expected=", ".join(sorted(expected)) or "aucun",
            observed=", ".join(sorted(found)) or "aucun",
            fix="Précharger par TD3.2 les documents du type et de la date réglés.",
            source="DMP/UX.34",
        )


def noticed(record: Mapping[str, Any], document: str, reason: str) -> Iterator[Finding]:
    """The record says by itself that an integrated document has changed in the DMP, and how."""
    found = {str(one.get("document")): str(one.get("motif")) for one in record.get("avis") or []}
    if found.get(document) != reason:
        yield Finding(
            "dmp.nouvelle-version",
            "Le dossier ne signale pas ce qu’est devenu dans le DMP un document intégré.",
            expected=f"{document}\u00a0: {reason}",
            observed=found.get(document, "aucun avis"),
            fix="À l’ouverture du dossier, comparer les documents intégrés à ceux du DMP (TD3.1) et signaler les écarts.",
            source="CDA/DD.05",
        )


def acts_as(vihf: Vihf, name_id: str) -> Iterator[Finding]:
    """The VIHF bears the national id of the user of the moment, as it is."""
    if vihf.name_id != name_id:
        yield Finding(
            "vihf.utilisateur",
            "Le VIHF ne porte pas l’identifiant national de l’utilisateur à l’origine de la transaction.",
            where=vihf.where,
            expected=name_id,
            observed=vihf.name_id or "absent",
            fix="Écrire dans NameID l’identifiant national (RPPS ou ADELI) de l’utilisateur authentifié.",
            source="DMP/AIRS.06, DMP/PSC.01",
        )


def dated_from_act(deposit: Deposit, day: str) -> Iterator[Finding]:
    """CDA and metadata give the day of the act (``YYYYMMDD``)."""
    for entry in deposit.submission.documents:
        content = deposit.documents.get(entry.id, b"")
        found = re.search(rb"<serviceEvent.*?<low value=\"(\d{8})", content, re.DOTALL)
        dates = {
            "serviceStartTime des métadonnées": entry.slot("serviceStartTime")[:8],
            "serviceEvent/effectiveTime du CDA": found[1].decode() if found else "",
        }
        for place, value in dates.items():
            if value != day:
                yield Finding(
                    "dmp.date-acte",
                    "Le document ancien n’est pas daté de l’acte.",
                    where=entry.where,
                    expected=f"{place} = {day}…",
                    observed=value or "absente",
                    fix="Reprendre la date de l’acte dans le CDA (documentationOf/serviceEvent) et dans les métadonnées.",
                    source="DMP/HISTO.03",
                )


def structure_among_authors(deposit: Deposit, structure: str) -> Iterator[Finding]:
    """The structure is an authorPerson of the lot and of each document, besides the original author.

    How derogation RG_2230 wants it written is inferred: a second author under another form is a warning.
    """
    lot = deposit.submission
    holders = [
        *(("du lot", one.authors) for one in lot.sets),
        *((f"du document {entry.id}", entry.authors) for entry in lot.documents),
    ]
    for whose, authors in holders:
        people = [person for author in authors for person in author.persons]
        ids = [person.partition("^")[0] for person in people]
        alone = len(set(ids)) < 2
        if alone or structure not in ids:
            told = "n’est pas ajoutée" if alone else "n’est pas reconnaissable"
            yield Finding(
                "dmp.auteur-structure",
                f"La personne morale {told} parmi les auteurs {whose}, à côté de l’auteur d’origine.",
                Severity.ERROR if alone else Severity.WARNING,
                where=lot.where,
                expected=f"un authorPerson {structure}, et celui de l’auteur d’origine",
                observed=", ".join(ids) or "aucun authorPerson",
                fix="Ajouter la structure en authorPerson quand l’auteur a quitté le RPPS (dérogation RG_2230).",
                source="DMP/HISTO.04",
            )


def still_here(answer: Mapping[str, Any], document: str) -> Iterator[Finding]:
    """The former version opens from the record."""
    if answer.get("etat") != "OK":
        yield Finding(
            "dmp.version-gardee",
            "L’ancienne version n’est plus au dossier une fois la nouvelle intégrée.",
            expected=f"le document {document} s’ouvre",
            observed=str(answer.get("message") or answer.get("etat")),
            fix="Garder l’ancienne version à côté de la nouvelle.",
            source="CDA/DD.05",
        )
