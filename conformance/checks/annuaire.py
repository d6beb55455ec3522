"""What the software took from the Annuaire Santé: the report of an integration, the records, the MSSanté addresses."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from conformance.model.directory import Listed
from conformance.model.evidence import Exchange
from conformance.model.finding import Finding, Location, Severity
from conformance.model.identity import plain

_EXTRACTION = "Spécifications des extractions en libre accès de l’annuaire Santé (PS_LibreAcces)"
_SOCLE = "Référentiel socle MSSanté #2, recherche d’une adresse dans l’annuaire"
_LABELS = {
    "rpps": "numéro RPPS",
    "nom": "nom d’exercice",
    "prenom": "prénom d’exercice",
    "profession": "code de la profession",
    "savoir_faire": "code du savoir-faire",
    "raison_sociale": "raison sociale du site",
    "code_postal": "code postal",
    "commune": "commune",
    "telephone": "téléphone",
}
_NEEDED = ("rpps", "nom", "prenom")


def report(told: Mapping[str, Any], served: Exchange) -> Iterator[Finding]:
    """The report of an integration that went well: dated, naming the file, and counting every line that was served."""
    source, lines = _EXTRACTION, int(served.facts["lignes"])
    where = Location(f"rapport d’intégration, échange {served.number}")
    if told.get("etat") != "INTEGRE":
        yield Finding(
            "annuaire.rapport.etat",
            "L’extraction servie sans défaut n’est pas intégrée.",
            where=where,
            expected="INTEGRE",
            observed=f"{told.get('etat')} ({told.get('message') or 'sans message'})",
            fix="Lire l’archive, repérer les colonnes par leur libellé et intégrer chaque ligne.",
            source=source,
        )
        return
    for name in ("date", "fichier"):
        if not told.get(name):
            yield Finding(
                "annuaire.rapport.complet",
                f"Le rapport d’intégration ne dit pas « {name} ».",
                where=where,
                fix="Garder pour chaque intégration sa date, le nom du fichier et le décompte des lignes.",
                source=source,
            )
    counts = {name: told.get(name) for name in ("lues", "integrees", "rejetees")}
    total = sum(int(counts[name] or 0) for name in ("integrees", "rejetees"))
    if counts["lues"] != lines or total != lines:
        yield Finding(
            "annuaire.rapport.decompte",
            "Le décompte du rapport n’est pas celui du fichier : des lignes lues manquent, ou ne sont ni intégrées ni rejetées.",
            where=where,
            expected=f"{lines} lignes lues, chacune intégrée ou rejetée",
            observed=", ".join(f"{name} : {value}" for name, value in counts.items()),
            fix="Compter toutes les lignes du fichier, en-tête exclu, et dire combien sont rejetées.",
            source=source,
        )


def failure_told(told: Mapping[str, Any], found: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    """A cut archive is reported as a failure and leaves the former directory in place. A warning: no text asks for it."""
    fix = "Vérifier l’archive entière avant de remplacer l’annuaire en place, et rapporter l’échec."
    if told.get("etat") != "ECHEC":
        yield Finding(
            "annuaire.coupure.rapport",
            "Une archive coupée est rapportée comme intégrée.",
            Severity.WARNING,
            expected="ECHEC",
            observed=str(told.get("etat")),
            fix=fix,
            source="bonne pratique, qu’aucun texte consulté n’impose",
        )
    if not found:
        yield Finding(
            "annuaire.coupure.donnees",
            "Après une archive coupée, un professionnel déjà intégré ne se trouve plus.",
            Severity.WARNING,
            fix=fix,
            source="bonne pratique, qu’aucun texte consulté n’impose",
        )


def found(answer: Mapping[str, Any], one: Listed) -> Iterator[Finding]:
    """A search in the integrated directory gives the professional, as published."""
    people = [person for person in answer.get("professionnels") or () if person.get("rpps") == one.rpps]
    if not people:
        yield Finding(
            "annuaire.recherche",
            f"Le professionnel {one.rpps}, présent dans l’extraction, ne se trouve pas dans le logiciel.",
            expected=f"{one.prenom} {one.nom}, RPPS {one.rpps}",
            observed=f"{len(answer.get('professionnels') or ())} professionnel(s), sans lui",
            fix="Intégrer toutes les lignes de l’extraction et permettre d’y rechercher par RPPS et par nom.",
            source=_EXTRACTION,
        )
    for person in people[:1]:
        yield from record(person, one)


def record(shown: Mapping[str, Any], one: Listed) -> Iterator[Finding]:
    """A record holds what the directory says now: the number and the names always, the rest when the software shows it."""
    for name, label in _LABELS.items():
        expected, observed = str(getattr(one, name)), shown.get(name)
        missing = observed in (None, "")
        if (missing and name in _NEEDED) or (not missing and plain(str(observed)) != plain(expected)):
            yield Finding(
                "annuaire.fiche",
                f"Le {label} de la fiche n’est pas celui de l’annuaire.",
                where=Location("fiche tirée de l’annuaire", path=f"/{name}"),
                expected=expected,
                observed=str(observed or "vide"),
                fix="Lire l’extraction en UTF-8, reprendre ses valeurs et rafraîchir les fiches à chaque intégration.",
                source=_EXTRACTION,
            )


def addresses(answer: Mapping[str, Any], expected: Collection[str]) -> Iterator[Finding]:
    """The MSSanté addresses given back are those that the directory serves: one at least when it has one, and no other."""
    given = [str(each.get("adresse")) for each in answer.get("adresses") or ()]
    wanted = {address.lower() for address in expected}
    if wanted and not any(address.lower() in wanted for address in given):
        yield Finding(
            "annuaire.adresse.absente",
            "La recherche ne ramène pas l’adresse MSSanté que l’annuaire donne aujourd’hui.",
            expected=" ou ".join(sorted(expected)),
            observed=", ".join(given) or "aucune adresse",
            fix="Interroger l’annuaire (mailbox-mss, telecom) au moment de la recherche.",
            source=_SOCLE,
        )
    for address in given:
        if address.lower() not in wanted:
            yield Finding(
                "annuaire.adresse.autre",
                f"L’adresse « {address} » n’est pas une adresse MSSanté de ce professionnel dans l’annuaire.",
                expected=" ou ".join(sorted(expected)) or "aucune adresse",
                observed=address,
                fix="Ne retenir que les telecom de type MSSANTE (TRE_R256), et pas une adresse électronique ordinaire.",
                source=_SOCLE,
            )
