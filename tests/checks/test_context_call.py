"""The address of a contextual call bears the whole INS, wherever it stands in it."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

import pytest

from conformance.checks.context_call import bears_ins
from conformance.model.finding import Finding
from conformance.model.identity import Identity

HOME = "https://application-tierce.test/ouvrir"


@pytest.mark.parametrize("shape", ["?matricule={m}&oid={o}", "?ins={cx}", "/{o}/{m}", "#m={m}&o={o}"])
def test_any_place_of_the_address_will_do(person: Identity, shape: str) -> None:
    cx = quote(f"{person.matricule}^^^&{person.oid}&ISO^NH", safe="")
    url = HOME + shape.format(m=person.matricule, o=person.oid, cx=cx)
    assert list(bears_ins(url, HOME, person)) == []


def test_a_local_number_or_a_matricule_without_its_key_is_refused(
    person: Identity, says: Callable[..., Finding]
) -> None:
    says(bears_ins(f"{HOME}?dossier=12", HOME, person), "context-call.ins", "le matricule INS et sa clé")
    cut = f"{HOME}?m={person.matricule[:13]}&o={person.oid}"
    says(bears_ins(cut, HOME, person), "context-call.ins", "le matricule INS et sa clé")
    says(bears_ins(f"{HOME}?m={person.matricule}", HOME, person), "context-call.ins", "l’OID")
    says(bears_ins("", HOME, person), "context-call.ins", "ne mène pas")
