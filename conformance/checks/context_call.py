"""A contextual call to another application: the address that opens it bears the INS (REM, AC/va1.01)."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qsl, unquote, urlsplit

from conformance.model.finding import Finding, Location
from conformance.model.identity import Identity

_SOURCE = "REM, AC/va1.01"


def bears_ins(url: str, application: str, person: Identity) -> Iterator[Finding]:
    """The address leads to the application, with the 15 characters of the matricule and its OID."""
    if not url.startswith(application):
        yield _fault("L’appel ne mène pas à l’application demandée.", application, url)
    for label, value in (("le matricule INS et sa clé", person.matricule), ("l’OID de l’INS", person.oid)):
        if value not in _values(url):
            yield _fault(f"L’appel contextuel ne porte pas {label}.", value, url)


def _values(url: str) -> set[str]:
    """What the address carries: each value of the query and of the fragment, each step of the path, their CX parts."""
    parts = urlsplit(url)
    carried = [value for _, value in parse_qsl(parts.query) + parse_qsl(parts.fragment)]
    carried += [unquote(step) for step in parts.path.split("/")]
    return {piece for value in carried for piece in value.replace("&", "^").split("^")}


def _fault(message: str, expected: str, observed: str) -> Finding:
    return Finding(
        "context-call.ins",
        message,
        where=Location("appel contextuel"),
        expected=expected,
        observed=observed or "aucune adresse",
        fix="Transmettre le matricule à 15 caractères et son OID dans l’appel.",
        source=_SOURCE,
    )
