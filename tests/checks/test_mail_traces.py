"""The journal of the mailboxes, against what the operator saw."""

from __future__ import annotations

from conformance.checks.mail import traces
from tests.checks.carried import says

AT = "2026-03-02T10:15:00+01:00"
ID = "<a@b.test>"
LINE = {"utilisateur": "1", "date": AT, "action": "ENVOI", "requete": f"message {ID}", "reponse": "250 2.0.0 OK"}


def test_a_full_line_has_nothing_to_say() -> None:
    assert list(traces.traced([LINE], ID)) == []
    assert list(traces.complete([LINE], ID, "250 2.0.0 OK", AT)) == []
    assert list(traces.failure([LINE | {"reponse": "535 5.7.8 non"}], "535")) == []


def test_what_is_missing_is_told() -> None:
    assert says(traces.traced([], ID), "n’est pas tracé")
    assert says(traces.complete([], ID, "250", AT), "n’est pas tracé")
    for name in traces.FIELDS:
        short = {key: value for key, value in LINE.items() if key != name}
        assert list(traces.complete([short], ID, "250 2.0.0 OK", AT)), name
    assert says(traces.complete([LINE | {"reponse": "451"}], ID, "250 OK", AT), "réponse de l’opérateur")
    assert says(traces.complete([LINE | {"date": "2026-03-02T12:00:00+01:00"}], ID, "250", AT), "datée")
    assert says(traces.failure([LINE], "535"), "535")
