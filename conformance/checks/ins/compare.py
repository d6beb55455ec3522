"""Whether two artefacts speak of the same person, trait by trait."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from conformance.checks.ins.traits import LABELS, SOURCE, STRICT, Carried, opens
from conformance.model.finding import Finding, Severity
from conformance.model.identity import PRODUCTION_OIDS, Identity, plain

EXPECTED = "l’identité attendue"


def carried(identity: Carried | Identity, source: str = EXPECTED) -> Carried:
    """An identity with a name to call it by in sentences."""
    return identity if isinstance(identity, Carried) else Carried(identity, source)


def same_identity(
    judged: Carried | Identity,
    reference: Carried | Identity,
    *,
    only: Collection[str] = STRICT,
    complete: bool = False,
) -> Iterator[Finding]:
    """A finding for each trait of ``judged`` that differs from ``reference``.

    A trait that one of them does not carry is not compared, unless ``complete``: then every trait of the
    reference must be carried. A difference of case or accents alone is a warning.
    """
    one, other = carried(judged, "l’identité jugée"), carried(reference)
    for trait in only:
        observed, expected = _value(one, trait), _value(other, trait)
        if not expected or (not observed and not complete):
            continue
        if observed == expected or (trait == "prenoms" and _same_list(observed, expected)):
            continue
        yield _difference(one, other, trait, observed, expected)


def _value(one: Carried, trait: str) -> str:
    return " ".join(str(getattr(one.identity, trait)).split())


def _same_list(observed: str, expected: str) -> bool:
    """A list of first names cut at the end by a field of fixed length is still the same list."""
    return len(observed) >= 50 and (opens(observed, expected) or expected.startswith(observed))


def _difference(one: Carried, other: Carried, trait: str, observed: str, expected: str) -> Finding:
    spelling = bool(observed) and plain(observed) == plain(expected)
    hidden = trait == "matricule" and PRODUCTION_OIDS & {one.identity.oid, other.identity.oid}
    label = LABELS[trait]
    if not observed:
        message = f"Le trait « {label} » est absent de {one.source}, alors que {other.source} le porte."
    elif spelling:
        message = f"Le trait « {label} » n’a pas la même graphie dans {one.source} et dans {other.source}."
    else:
        message = f"Le trait « {label} » diffère entre {one.source} et {other.source}."
    return Finding(
        "ins.same-identity",
        message,
        Severity.WARNING if spelling else Severity.ERROR,
        one.where(trait),
        expected="(masqué)" if hidden else expected,
        observed="(masqué)" if hidden else observed or "absent",
        fix="Reprendre partout les traits de la même identité, tels que le téléservice INSi les a donnés.",
        source=SOURCE,
    )
