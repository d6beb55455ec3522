"""What the CDA checks share: building a finding, counting elements, judging a code."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from conformance.checks import times
from conformance.model.finding import Finding, Severity
from conformance.validation.gate import Document

STRUCTURE = "CI-SIS, volet Structuration minimale de documents de santé"
PROFESSIONALS = "1.2.250.1.71.4.2.1"
STRUCTURES = "1.2.250.1.71.4.2.2"
_OID = re.compile(r"[0-2](\.(0|[1-9]\d*))+", re.ASCII)
_UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}", re.ASCII)


def fault(
    document: Document,
    rule: str,
    message: str,
    element: etree._Element | None = None,
    *,
    severity: Severity = Severity.ERROR,
    expected: str | None = None,
    observed: str | None = None,
    fix: str | None = None,
    source: str = STRUCTURE,
) -> Finding:
    """A finding about an element of the document, or about its root."""
    return Finding(rule, message, severity, document.where(element), expected, observed, fix, source)


def warn(
    document: Document,
    rule: str,
    message: str,
    element: etree._Element | None = None,
    *,
    expected: str | None = None,
    observed: str | None = None,
    fix: str | None = None,
    source: str = STRUCTURE,
) -> Finding:
    """Same as :func:`fault`, for what never condemns."""
    return fault(
        document,
        rule,
        message,
        element,
        severity=Severity.WARNING,
        expected=expected,
        observed=observed,
        fix=fix,
        source=source,
    )


def text_of(element: etree._Element) -> str:
    """All the text of an element, its descendants' included."""
    return "".join(str(piece) for piece in element.itertext())


def valued(elements: list[etree._Element]) -> list[etree._Element]:
    """The elements that hold something: those without ``nullFlavor``."""
    return [element for element in elements if element.get("nullFlavor") is None]


def once(
    document: Document,
    rule: str,
    path: str,
    label: str,
    start: etree._Element | None = None,
    *,
    least: int = 1,
) -> Iterator[Finding]:
    """One element, no more, no fewer (or none when ``least`` is 0), not counting those a ``nullFlavor``
    empties.
    """
    found = valued(document.all(path, start))
    if least <= len(found) <= 1:
        return
    message = (
        f"{label} manque."
        if not found
        else f"{label} est {'répétée' if label.startswith(('La ', 'L’identité ')) else 'répété'}."
    )
    yield fault(
        document,
        rule,
        message,
        found[1] if len(found) > 1 else start,
        expected=f"un seul élément {path}" if least else f"un élément {path} au plus",
        observed="aucun" if not found else f"{len(found)} éléments",
        fix=f"Écrire l’élément {path} une fois, avec sa valeur.",
    )


def coded(document: Document, rule: str, element: etree._Element, label: str) -> Iterator[Finding]:
    """A coded element bears a code, its system and the label displayed with it."""
    for name in ("code", "codeSystem", "displayName"):
        if not (element.get(name) or "").strip():
            yield fault(
                document,
                rule,
                f"{label} n’a pas d’attribut {name}.",
                element,
                expected=f"un attribut {name} non vide",
                observed="absent" if element.get(name) is None else "vide",
                fix=f"Renseigner {name} tel que le jeu de valeurs le donne.",
            )


def identified(document: Document, rule: str, element: etree._Element, label: str) -> Iterator[Finding]:
    """An identifier bears a root that is an OID or a UUID, and no empty extension."""
    root = element.get("root") or ""
    if not (_OID.fullmatch(root) or _UUID.fullmatch(root)):
        yield fault(
            document,
            rule,
            f"{label} n’a pas de racine valide.",
            element,
            expected="un attribut root : OID (ou UUID)",
            observed=root or "absent",
            fix="Mettre dans root un OID de l’organisation qui attribue l’identifiant.",
        )
    if element.get("extension") == "":
        yield fault(
            document,
            rule,
            f"{label} a une extension vide.",
            element,
            expected="une valeur, ou pas d’attribut",
        )


def extended(document: Document, rule: str, element: etree._Element, label: str) -> Iterator[Finding]:
    """An identifier within a domain: root and extension."""
    yield from identified(document, rule, element, label)
    if element.get("extension") is None and element.get("root"):
        yield fault(
            document,
            rule,
            f"{label} n’a pas d’extension.",
            element,
            expected="un attribut extension",
            observed="absent",
        )


def stamped(document: Document, rule: str, element: etree._Element, label: str) -> Iterator[Finding]:
    """A date that a calendar has; a warning when the second or the time zone is missing."""
    value = element.get("value")
    stamp = times.read(value)
    if stamp is None:
        yield fault(
            document,
            rule,
            f"{label} n’est pas une date lisible.",
            element,
            expected="AAAAMMJJhhmmss±zzzz",
            observed=value or "absente",
            fix="Écrire la date au format HL7, à la seconde, avec le décalage horaire.",
        )
        return
    # Warnings: some of the agency's own samples stop at the minute or leave the zone out.
    if stamp.digits < 14:
        yield warn(
            document,
            rule,
            f"{label} n’est pas donnée à la seconde.",
            element,
            expected="AAAAMMJJhhmmss±zzzz",
            observed=value,
        )
    if stamp.zone is None or len(stamp.zone) != 5:
        yield warn(
            document,
            rule,
            f"{label} n’a pas de décalage horaire complet : l’instant est ambigu.",
            element,
            expected="un décalage tel que +0100",
            observed=value,
        )


def named(document: Document, rule: str, person: etree._Element, label: str) -> Iterator[Finding]:
    """A person bears one name with a family name; the first name is expected too."""
    yield from once(document, rule, "name", f"Le nom de {label}", person)
    name = document.first("name", person)
    if name is None:
        return
    families = [element for element in document.all("family", name) if (element.text or "").strip()]
    if len(families) != 1:
        yield fault(
            document,
            rule,
            f"Le nom de famille de {label} manque ou est répété.",
            name,
            expected="un élément family renseigné",
            observed=f"{len(families)} élément(s)",
        )
    if not any((element.text or "").strip() for element in document.all("given", name)):
        yield warn(document, rule, f"Le prénom de {label} n’est pas renseigné.", name, expected="un élément given")
