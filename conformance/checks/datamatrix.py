"""The INS datamatrix of a printed document: finding it on the page, reading it, comparing it with the
patient.

Source: ANS, « Format datamatrix INS » v2.2; ISO/IEC 16022 (ECC 200). It is not a 2D-Doc.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from conformance.checks.ins.compare import carried, same_identity
from conformance.checks.ins.traits import Carried, InsId, iso_date, matricule_rules
from conformance.checks.pdf.barcodes import barcodes
from conformance.checks.pdf.text import pages, unreadable
from conformance.model.finding import Finding, Location, Severity
from conformance.model.identity import INS_OIDS, Identity, plain

HEADER = "IS01" + "0" * 22
SEPARATOR = "\x1d"
_SOURCE = "ANS, « Format datamatrix INS » v2.2"
# Name in the payload: trait, longest, whether the length is fixed.
_FIELDS = {
    "S1": ("matricule", 15, True),
    "S2": ("oid", 20, False),
    "S3": ("prenoms", 100, False),
    "S4": ("nom_naissance", 100, False),
    "S5": ("sexe", 1, True),
    "S6": ("date_naissance", 10, True),
    "S7": ("lieu_naissance", 5, True),
}
_COMPARED = ("matricule", "oid", "prenoms", "nom_naissance", "sexe", "date_naissance", "lieu_naissance")
_FIX = "Composer le datamatrix selon le format INS : en-tête IS01, blocs S1 à S7, séparateur GS après un bloc variable."
# The second draw resolves small modules, the third the symbols that a coarse grid of pixels blurs.
_RESOLUTIONS = (150, 300, 200)


@dataclass(frozen=True, slots=True)
class Symbol:
    """A datamatrix found on a page: the bytes it codes, as Latin-1 text."""

    payload: str
    page: int


def read(content: bytes) -> tuple[Symbol, ...] | None:
    """The datamatrix symbols of the first pages of a PDF; None when the PDF cannot be opened."""
    for resolution in _RESOLUTIONS:
        drawn = pages(content, resolution, most=5)
        if drawn is None:
            return None
        found = tuple(
            Symbol(code.decode("latin-1"), page.number) for page in drawn for code in barcodes(page, "DataMatrix")
        )
        if found:
            return found
    return ()


def parse(payload: str, where: Location) -> tuple[Carried, tuple[Finding, ...]]:
    """The identity that a payload carries, and every departure from the format."""
    findings: list[Finding] = []
    values: dict[str, str] = {}
    if not payload.startswith(HEADER):
        findings.append(
            _fault(
                where,
                "datamatrix.header",
                "L’en-tête du datamatrix n’est pas celui du format INS.",
                HEADER,
                payload[:26],
            )
        )
    position = 26
    while position < len(payload):
        position = _block(payload, position, values, findings, where)
    for name in ("S1", "S2", "S3", "S4", "S5", "S6"):
        if not values.get(name):
            trait = _FIELDS[name][0]
            findings.append(
                _fault(
                    where,
                    "datamatrix.missing",
                    f"Le bloc {name} ({trait}) manque dans le datamatrix.",
                    name,
                    "absent",
                )
            )
    findings.extend(_values(values, where))
    return _identity(values, where), tuple(findings)


def check(name: str, content: bytes, identity: Identity | Carried) -> Iterator[Finding]:
    """The PDF shows one INS datamatrix, well formed, which says the identity of the patient."""
    symbols = read(content)
    if symbols is None:
        found = unreadable(name, content)
        if found is not None:
            yield found
        return
    ours = [symbol for symbol in symbols if symbol.payload.startswith("IS")]
    if not ours:
        others = f"{len(symbols)} datamatrix, aucun au format INS" if symbols else "aucun datamatrix lisible"
        yield _fault(
            Location(name),
            "datamatrix.absent",
            "Le document imprimé d’un patient qualifié n’a pas de datamatrix INS lisible.",
            "un datamatrix INS sur la première page",
            others,
        )
    for symbol in ours:
        where = Location(name, path=f"page {symbol.page}, datamatrix")
        shown, findings = parse(symbol.payload, where)
        yield from findings
        yield from same_identity(shown, _in_symbol(identity), only=_COMPARED)
    if ours and all(symbol.page > 1 for symbol in ours):
        yield _fault(
            Location(name),
            "datamatrix.page",
            "Le datamatrix INS n’est pas sur la première page.",
            "page 1",
            f"page {ours[0].page}",
            Severity.WARNING,
        )


def absent(name: str, content: bytes) -> Iterator[Finding]:
    """The PDF of an identity that is not qualified shows no INS datamatrix."""
    symbols = read(content)
    if symbols is None:
        found = unreadable(name, content)
        if found is not None:
            yield found
        return
    for symbol in symbols:
        if symbol.payload.startswith("IS01"):
            yield Finding(
                "datamatrix.leak",
                "Le document montre un datamatrix INS, alors que l’identité n’est pas qualifiée.",
                where=Location(name, path=f"page {symbol.page}, datamatrix"),
                expected="aucun datamatrix INS",
                observed="un datamatrix INS",
                fix="N’imprimer le datamatrix que pour une identité qualifiée.",
                source=_SOURCE,
            )


def _block(payload: str, position: int, values: dict[str, str], findings: list[Finding], where: Location) -> int:
    """Read one block, and give the position of the next."""
    name = payload[position : position + 2]
    if name not in _FIELDS:
        findings.append(
            _fault(
                where,
                "datamatrix.block",
                "Le datamatrix contient un bloc inconnu, ou un séparateur manque avant lui.",
                "S1 à S7",
                repr(payload[position : position + 12]),
            )
        )
        return len(payload)
    trait, longest, fixed = _FIELDS[name]
    start = position + 2
    if name in values:
        findings.append(_fault(where, "datamatrix.block", f"Le bloc {name} est répété.", "une fois", name))
    end = start + longest if fixed else _end(payload, start, longest)
    values[name] = payload[start:end]
    separated = payload[end : end + 1] == SEPARATOR
    last = end >= len(payload)
    if separated and (fixed or end - start == longest):
        findings.append(
            _fault(
                where,
                "datamatrix.separator",
                f"Un séparateur suit le bloc {name}, qui n’en demande pas.",
                "pas de GS après un bloc de longueur fixe ou pleine",
                "GS",
                Severity.WARNING,
            )
        )
    if not fixed and not separated and not last and end - start < longest:
        findings.append(_no_separator(name, trait, where))
    return end + 1 if separated else end


def _end(payload: str, start: int, longest: int) -> int:
    """Where a variable value ends: at the separator, at its greatest length, or before a known block.

    The OID is the one value whose end can be told without a separator, since it holds no letter.
    """
    digits = re.match(r"[0-9.]{1,20}(?=S3)", payload[start : start + 22])
    if digits is not None:
        return start + digits.end()
    found = payload.find(SEPARATOR, start, start + longest + 1)
    return found if found >= 0 else min(start + longest, len(payload))


def _no_separator(name: str, trait: str, where: Location) -> Finding:
    return _fault(
        where,
        "datamatrix.separator",
        f"Le séparateur manque après le bloc {name} ({trait}).",
        "GS (0x1D) après un bloc variable qui n’est ni plein ni le dernier",
        "absent",
    )


def _values(values: dict[str, str], where: Location) -> Iterator[Finding]:
    shapes = {
        "S2": (r"[0-9.]+", "un OID de l’INS"),
        "S3": (r"[A-Z][A-Z' -]*", "majuscules sans accent"),
        "S4": (r"[A-Z][A-Z' -]*", "majuscules sans accent"),
        "S5": (r"[MF]", "M ou F"),
        "S6": (r"[0-9]{2}-[0-9]{2}-[0-9]{4}", "JJ-MM-AAAA"),
        "S7": (r"[0-9]{5}|2[AB][0-9]{3}", "5 caractères"),
    }
    for name, (shape, expected) in shapes.items():
        value = values.get(name)
        if value and (not re.fullmatch(shape, value) or (name == "S2" and value not in INS_OIDS)):
            message = f"Le bloc {name} du datamatrix n’a pas la forme attendue."
            yield _fault(where, "datamatrix.value", message, expected, value)
    if values.get("S1"):
        yield from matricule_rules(InsId(values["S1"], values.get("S2", ""), where), exact=True)


def _identity(values: dict[str, str], where: Location) -> Carried:
    traits = {_FIELDS[name][0]: value for name, value in values.items()}
    day = traits.get("date_naissance", "")
    if re.fullmatch(r"[0-9]{2}-[0-9]{2}-[0-9]{4}", day):
        traits["date_naissance"] = iso_date(day[6:] + day[3:5] + day[:2])
    places = {trait: where for trait, _, _ in _FIELDS.values()}
    identity = Identity.read({"oid": "", **traits})
    return Carried(identity, "le datamatrix", places, (InsId(identity.matricule, identity.oid, where),))


def _in_symbol(identity: Identity | Carried) -> Carried:
    """The identity as a symbol writes it: capitals without accents, long names cut."""
    known = carried(identity)
    person = known.identity.with_(
        nom_naissance=plain(known.identity.nom_naissance)[:100].strip(),
        prenoms=plain(known.identity.prenoms)[:100].strip(),
    )
    return Carried(person, known.source, known.places, known.ids)


def _fault(
    where: Location,
    rule: str,
    message: str,
    expected: str,
    observed: str,
    severity: Severity = Severity.ERROR,
) -> Finding:
    return Finding(rule, message, severity, where, expected, observed, _FIX, _SOURCE)
