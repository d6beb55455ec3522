"""What the software did of biology reports received by mail: signals in its lists, values and units, former versions."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from conformance.checks.saying import Voice
from conformance.model.finding import Finding, Location, Severity

CRITICAL, INTERPRETED, COMMENTED, OUT = "CRITIQUE", "INTERPRETATION", "COMMENTAIRE", "HORS_INTERVALLE"
_SOURCE = "CI-SIS, volet compte rendu d’examens biologiques"
_say = Voice("bio", _SOURCE)

Document = Mapping[str, Any]


def find(documents: Sequence[Document], unique_id: str) -> list[Document]:
    """The documents of a list that bear that identifier."""
    return [one for one in documents if one.get("unique_id") == unique_id]


def signals(
    documents: Sequence[Document], unique_id: str, wanted: Collection[str], among: Collection[str], listed: str
) -> Iterator[Finding]:
    """Of the signals of ``among``, the report shows exactly those wanted in a list; ``listed`` names the list."""
    for one in find(documents, unique_id)[:1] or [{}]:
        shown = set(one.get("signaux") or ()) & set(among)
        where = Location(f"{listed}, document {unique_id}", path="/signaux")
        for signal in sorted(set(wanted) - shown):
            yield _say(
                "signal.absent",
                f"Le compte rendu ne porte pas le signal {signal} dans la {listed}.",
                where=where,
                expected=", ".join(sorted(wanted)),
                observed=", ".join(sorted(shown)) or "aucun signal",
                fix="Lire interpretationCode, les commentaires et les intervalles à la réception, et les montrer sans ouvrir.",
            )
        for signal in sorted(shown - set(wanted)):
            yield _say(
                "signal.de-trop",
                f"Le compte rendu porte le signal {signal}, que ses résultats n’appellent pas.",
                where=where,
                expected=", ".join(sorted(wanted)) or "aucun signal",
                observed=", ".join(sorted(shown)),
                fix="Réserver chaque signal aux résultats qui l’appellent : le critique aux codes AA, HH et LL.",
            )


def values(
    documents: Sequence[Document], unique_id: str, expected: Mapping[str, Sequence[tuple[str, str]]]
) -> Iterator[Finding]:
    """Each result (by its code) holds the values and units of the document, as they are written there."""
    document = next(iter(find(documents, unique_id)), {})
    results = {one.get("code"): one for one in document.get("resultats") or ()}
    for code, wanted in expected.items():
        pairs = (results.get(code) or {}).get("valeurs") or ()
        shown = [(str(pair.get("valeur")), str(pair.get("unite"))) for pair in pairs]
        for pair in wanted:
            if pair not in shown:
                yield _say(
                    "valeur",
                    f"Le résultat {code} n’est pas intégré avec sa valeur et son unité, telles que le document les porte.",
                    where=Location(f"document {unique_id}", path=f"/resultats/{code}"),
                    expected=" ".join(pair),
                    observed="; ".join(" ".join(one) for one in shown) or "aucune valeur",
                    fix="Reprendre value et chaque translation, l’unité étant le code UCUM du document.",
                )


def former_kept(documents: Sequence[Document], former: str, latest: str) -> Iterator[Finding]:
    """After an update, the former report is still there, marked as replaced, and the new one is the current one."""
    wanted = {former: "REMPLACE", latest: "ACTIF"}
    for unique_id, state in wanted.items():
        found = find(documents, unique_id)
        observed = str(found[0].get("etat")) if found else "document absent"
        if observed != state:
            yield _say(
                "version",
                "La version précédente ne garde pas sa trace dans le dossier."
                if unique_id == former
                else "La nouvelle version n’est pas présentée comme la version en vigueur.",
                where=Location("documents reçus de l’usager", path=f"/{unique_id}"),
                expected=state,
                observed=observed,
                fix="Garder le compte rendu remplacé avec ses résultats, marqué comme tel, derrière celui qui le remplace.",
            )


def once(documents: Sequence[Document], unique_id: str) -> Iterator[Finding]:
    """A report received twice is filed once. A warning: no text asks for it."""
    number = len(find(documents, unique_id))
    if number > 1:
        yield _say(
            "doublon",
            "Le même compte rendu, reçu deux fois, est rangé deux fois.",
            Location(f"document {unique_id}"),
            severity=Severity.WARNING,
            expected="un document",
            observed=f"{number} documents",
            fix="Reconnaître un document déjà reçu à son identifiant unique.",
        )


def nowhere(documents: Sequence[Document], unique_id: str) -> Iterator[Finding]:
    """A report about somebody the software does not know is in nobody's file."""
    for one in find(documents, unique_id):
        yield _say(
            "patient",
            "Le compte rendu d’une personne inconnue est rangé dans le dossier d’un autre usager.",
            where=Location(f"document {unique_id}", path="/patient"),
            expected="aucun dossier, et une alerte",
            observed=f"usager {one.get('patient')}",
            fix="N’intégrer qu’au dossier dont le matricule et l’OID sont ceux du document.",
            source="Référentiel socle MSSanté #2, ECO.2.1.2",
        )


def told(answer: Mapping[str, Any], what: str) -> Iterator[Finding]:
    """What was not integrated is told to the user: a lost result is worse than a refused one."""
    if not answer.get("alertes"):
        yield _say(
            "silence",
            f"{what} : rien n’est signalé à l’utilisateur.",
            Location("réception d’un courriel", path="/alertes"),
            severity=Severity.WARNING,
            expected="une alerte",
            observed="aucune",
            fix="Alerter quand un document reçu n’est pas intégré.",
        )
