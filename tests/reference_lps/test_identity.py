"""The life cycle of an identity: every transition, and the defect that breaks it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from conformance.reference_lps import identity, reception, rules, traits
from conformance.reference_lps.errors import RefusalError, TraitError
from conformance.reference_lps.identity import PROVISOIRE, QUALIFIEE, RECUPEREE, VALIDEE, Found
from conformance.reference_lps.types import Patient
from tests.reference_lps.lps_kit import MATRICULE, OID, OTHER, TRAITS

NONE: frozenset[str] = frozenset()
RETURNED = {
    "nom_naissance": "TILLEUL-INSI",
    "prenoms": "ZOE MARIE LOU",
    "date_naissance": "1979-03-29",
    "sexe": "F",
    "lieu_naissance": "51991",
}


def made(statut: str = PROVISOIRE, **changes: Any) -> Patient:
    patient = replace(identity.create("p1", TRAITS), statut=statut)
    if statut in identity.WITH_INS:
        patient = replace(patient, matricule=MATRICULE, oid=OID)
    return replace(patient, **changes)


def found(**changes: str) -> Found:
    return Found(MATRICULE, OID, RETURNED | changes, ({"matricule": OTHER, "oid": OID},))


def only(name: str) -> frozenset[str]:
    return frozenset({name})


@pytest.mark.parametrize(
    ("name", "typed", "stored"),
    [
        ("nom_naissance", "d’Été-Œuvre  le Grand", "D'ETE-OEUVRE LE GRAND"),
        ("premier_prenom", "Anne–Laure", "ANNE-LAURE"),
        ("nom_utilise", "  ", ""),
        ("sexe", "f", "F"),
        ("lieu_naissance", "2a004", "2A004"),
    ],
)
def test_typed_traits_are_put_in_the_national_form(name: str, typed: str, stored: str) -> None:
    assert traits.normalise(name, typed) == stored


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("nom_naissance", "TILLEUL2"),
        ("nom_naissance", ""),
        ("nom_naissance", "-TILLEUL"),
        ("nom_naissance", "A" * 101),
        ("premier_prenom", "ZOE-"),
        ("premier_prenom", "ZOE--LOU"),
        ("date_naissance", "1979-02-30"),
        ("date_naissance", "1979-00-12"),
        ("date_naissance", "2999-01-01"),
        ("date_naissance", "28/03/1979"),
        ("sexe", "I"),
        ("lieu_naissance", "PARIS"),
        ("lieu_naissance", 75101),
    ],
)
def test_a_trait_nobody_may_bear_is_refused(name: str, typed: Any) -> None:
    with pytest.raises(TraitError):
        traits.normalise(name, typed)


@pytest.mark.parametrize("number", ["297022A020778", "160012B020777"])
def test_the_key_counts_corsica(number: str) -> None:
    thirteen = number[:13]
    assert traits.is_matricule(thirteen + traits.key_of(thirteen))
    assert not traits.is_matricule(thirteen + "00")


def test_the_published_corsican_keys() -> None:
    assert traits.key_of("297022A020778") == "78"
    assert traits.key_of("160012B020777") == "13"


@pytest.mark.parametrize(
    ("before", "after"),
    [(PROVISOIRE, VALIDEE), (RECUPEREE, QUALIFIEE), (VALIDEE, VALIDEE), (QUALIFIEE, QUALIFIEE)],
)
def test_a_checked_document_raises_the_status(before: str, after: str) -> None:
    assert identity.on_proof(made(before), "CNI", True).statut == after
    assert identity.on_proof(made(before), "CNI", False).statut == before
    assert identity.on_proof(made(before), "AUTRE", True).statut == before


@pytest.mark.parametrize(
    ("before", "after"),
    [(PROVISOIRE, RECUPEREE), (VALIDEE, QUALIFIEE), (RECUPEREE, RECUPEREE), (QUALIFIEE, QUALIFIEE)],
)
def test_insi_confirms(before: str, after: str) -> None:
    patient = identity.on_found(made(before), found(), NONE)
    assert patient.statut == after
    assert (patient.matricule, patient.oid, patient.historique[0]["matricule"]) == (MATRICULE, OID, OTHER)
    assert {name: getattr(patient, name) for name in RETURNED} == RETURNED
    assert (patient.nom_utilise, patient.prenom_utilise, patient.premier_prenom) == ("ERABLE", "MARIE", "ZOE")
    assert patient.alertes == ()


@pytest.mark.parametrize(
    ("defect", "before", "wrong"),
    [
        ("ins-stays-provisional", PROVISOIRE, PROVISOIRE),
        ("ins-validated-never-qualified", VALIDEE, VALIDEE),
        ("ins-qualifies-without-proof", PROVISOIRE, QUALIFIEE),
    ],
)
def test_defects_of_the_status(defect: str, before: str, wrong: str) -> None:
    assert identity.on_found(made(before), found(), only(defect)).statut == wrong


def test_a_provisional_identity_that_holds_an_ins_is_qualified_by_a_document() -> None:
    stuck = identity.on_found(made(), found(), only("ins-stays-provisional"))
    assert identity.on_proof(stuck, "PASSEPORT", True).statut == QUALIFIEE


def test_the_first_name_must_open_the_list() -> None:
    patient = identity.on_found(made(premier_prenom="MARIE"), found(), NONE)
    assert patient.statut == RECUPEREE
    assert len(patient.alertes) == 1
    assert patient.alertes[0].startswith("Incohérence")
    assert identity.on_found(made(premier_prenom="ZO"), found(), NONE).alertes
    assert not identity.on_found(made(premier_prenom="ZOE MARIE"), found(), NONE).alertes
    assert not identity.on_found(made(premier_prenom="LOU"), found(), only("ins-no-first-name-alert")).alertes


def test_defect_keeps_typed_traits() -> None:
    patient = identity.on_found(made(), found(), only("ins-keeps-typed-traits"))
    assert (patient.matricule, patient.nom_naissance) == (MATRICULE, "TILLEUL")


@pytest.mark.parametrize(
    ("trait", "value", "defect"),
    [
        ("date_naissance", "1979-00-12", "ins-imports-lunar-date"),
        ("date_naissance", "1979-12-00", "ins-imports-lunar-date"),
        ("nom_naissance", "", "ins-imports-empty-name"),
        ("prenoms", "", "ins-imports-empty-first-names"),
        ("sexe", "", "ins-imports-empty-sex"),
    ],
)
def test_answers_that_must_not_be_imported(trait: str, value: str, defect: str) -> None:
    answer = found(**{trait: value})
    assert len(identity.import_refusals(answer, NONE)) == 1
    assert identity.import_refusals(answer, only(defect)) == ()
    assert identity.import_refusals(found(), NONE) == ()


@pytest.mark.parametrize("statut", identity.STATUSES)
@pytest.mark.parametrize("attribute", ["douteuse", "fictive"])
def test_a_set_aside_identity_is_provisional_and_bears_nothing(statut: str, attribute: str) -> None:
    patient = identity.mark(made(statut), {attribute: True}, NONE)
    assert (patient.statut, patient.matricule, patient.oid) == (PROVISOIRE, None, None)
    assert identity.insi_forbidden(patient, NONE)
    wrong = identity.mark(made(statut), {attribute: True}, only("ins-doubtful-keeps-status"))
    assert wrong.statut == statut
    with pytest.raises(RefusalError):
        identity.on_proof(patient, "CNI", True)


def test_attributes_combine_only_as_doubtful_and_homonym() -> None:
    both = identity.mark(made(), {"douteuse": True, "homonyme": True}, NONE)
    assert both.attributs == {"douteuse", "homonyme"}
    assert identity.mark(both, {"douteuse": False}, NONE).attributs == {"homonyme"}
    assert identity.mark(made(QUALIFIEE), {"homonyme": True}, NONE).matricule == MATRICULE
    with pytest.raises(RefusalError):
        identity.mark(both, {"fictive": True}, NONE)


def test_defects_of_the_forbidden_calls() -> None:
    doubtful = identity.mark(made(), {"douteuse": True}, NONE)
    fictitious = identity.mark(made(), {"fictive": True}, NONE)
    assert identity.insi_forbidden(doubtful, only("ins-calls-for-doubtful")) is None
    assert identity.insi_forbidden(doubtful, only("ins-calls-for-fictitious"))
    assert identity.insi_forbidden(fictitious, only("ins-calls-for-fictitious")) is None
    assert identity.insi_forbidden(fictitious, only("ins-calls-for-doubtful"))


@pytest.mark.parametrize(
    ("before", "after"),
    [(RECUPEREE, PROVISOIRE), (QUALIFIEE, VALIDEE), (VALIDEE, VALIDEE), (PROVISOIRE, PROVISOIRE)],
)
def test_editing_a_strict_trait_lowers_the_status(before: str, after: str) -> None:
    patient = identity.edit(made(before), {"nom_naissance": "AULNE"}, entitled=True)
    assert (patient.statut, patient.matricule, patient.nom_naissance) == (after, None, "AULNE")


def test_editing_what_is_not_strict_changes_nothing_else() -> None:
    same = identity.edit(made(QUALIFIEE), {"nom_utilise": "AULNE", "sexe": "F"}, entitled=False)
    assert (same.statut, same.matricule, same.nom_utilise) == (QUALIFIEE, MATRICULE, "AULNE")
    with pytest.raises(RefusalError) as refused:
        identity.edit(made(QUALIFIEE), {"sexe": "M"}, entitled=False)
    assert refused.value.status == 403


def test_a_verification_ko_leaves_nothing_of_the_ins() -> None:
    patient = identity.on_verification(made(QUALIFIEE), False, NONE)
    assert (patient.statut, patient.matricule, patient.oid) == (PROVISOIRE, None, None)
    assert identity.on_verification(made(QUALIFIEE), True, NONE) == made(QUALIFIEE)
    assert identity.on_verification(made(QUALIFIEE), False, only("ins-ignores-verification-ko")) == made(QUALIFIEE)


def sent(**changes: Any) -> Patient:
    return made(QUALIFIEE, id="p2", **changes)


def test_matching_goes_by_matricule_then_by_traits() -> None:
    by_ins, by_traits = made(RECUPEREE, id="a", nom_naissance="AUTRE"), made(id="b")
    assert reception.find_known(sent(), [by_traits, by_ins]) == by_ins
    assert reception.find_known(sent(), [by_traits]) == by_traits
    assert reception.find_known(sent(), [made(id="c", premier_prenom="LOU")]) is None


@pytest.mark.parametrize(
    ("known", "trusted", "verdict"),
    [
        (None, False, None),
        (made(), False, None),
        (made(VALIDEE), False, None),
        (made(RECUPEREE), False, reception.DEJA),
        (made(QUALIFIEE), False, reception.DEJA),
        (None, True, reception.CONFIANCE),
        (made(attributs=frozenset({"douteuse"})), False, reception.BLOQUE),
    ],
)
def test_when_insi_is_called(known: Patient | None, trusted: bool, verdict: str | None) -> None:
    assert reception.without_call(known, sent(), trusted, NONE) == verdict


def test_defects_of_the_automatic_call() -> None:
    assert reception.without_call(None, sent(), False, only("ins-skips-automatic-verification")) == "OK"
    assert reception.without_call(made(QUALIFIEE), sent(), False, only("ins-reverifies-known")) is None
    assert reception.without_call(None, replace(sent(), matricule=None), False, NONE) == reception.SANS_INS


@pytest.mark.parametrize(
    ("known", "verdict", "statut"),
    [
        (None, reception.OK, RECUPEREE),
        (made(), reception.OK, RECUPEREE),
        (made(VALIDEE), reception.OK, QUALIFIEE),
        (None, reception.CONFIANCE, QUALIFIEE),
        (made(), reception.CONFIANCE, QUALIFIEE),
        (made(QUALIFIEE), reception.DEJA, QUALIFIEE),
    ],
)
def test_a_confirmed_reception(known: Patient | None, verdict: str, statut: str) -> None:
    outcome = reception.decide(known, sent(), verdict, NONE)
    assert outcome.patient
    assert (outcome.patient.statut, outcome.patient.matricule, outcome.documents) == (statut, MATRICULE, True)
    assert outcome.patient.id == (known.id if known else "p2")


def test_a_reception_insi_does_not_confirm() -> None:
    unknown = reception.decide(None, sent(), reception.KO, NONE)
    assert unknown.patient
    assert (unknown.patient.statut, unknown.patient.matricule, unknown.patient.oid) == (
        PROVISOIRE,
        None,
        None,
    )
    known = reception.decide(made(), sent(lieu_naissance="13990"), reception.KO, NONE)
    assert (known.patient, known.documents) == (made(), False)
    assert known.alertes
    assert known.work


def test_defects_of_the_reception() -> None:
    kept = reception.decide(None, sent(), reception.KO, only("ins-keeps-matricule-on-unknown-ko")).patient
    assert kept
    assert kept.matricule == MATRICULE
    other = sent(lieu_naissance="13990")
    changed = reception.decide(made(), other, reception.KO, only("ins-updates-known-on-ko")).patient
    assert changed
    assert changed.lieu_naissance == "13990"
    assert reception.decide(None, sent(), reception.KO, only("ins-integrates-document-on-ko")).documents
    for known in (None, made()):
        trusted = reception.decide(known, sent(), reception.OK, only("ins-trusts-foreign-qualification")).patient
        assert trusted
        assert trusted.statut == QUALIFIEE


def test_a_reception_that_cannot_be_decided_changes_nothing() -> None:
    assert reception.decide(None, sent(), reception.ERREUR, NONE).patient is None
    holder = made(QUALIFIEE, matricule=OTHER)
    for known, received, verdict in (
        (made(), sent(), reception.ERREUR),
        (holder, sent(), reception.OK),
        (made(VALIDEE), sent(lieu_naissance="13990"), reception.OK),
        (made(QUALIFIEE), sent(sexe="M"), reception.DEJA),
    ):
        outcome = reception.decide(known, received, verdict, NONE)
        assert (outcome.patient, outcome.documents) == (known, False)
        assert outcome.alertes


@pytest.mark.parametrize("statut", identity.STATUSES)
def test_only_a_qualified_ins_leaves(statut: str) -> None:
    patient = made(statut, matricule=MATRICULE, oid=OID, historique=({"matricule": OTHER},))
    shown = rules.for_exchange(patient)
    assert (shown.matricule is not None) == (statut == QUALIFIEE)
    assert bool(shown.historique) == (statut == QUALIFIEE)
    wrong = rules.for_document(patient, only("ins-matricule-when-not-qualified"))
    assert (wrong.matricule is not None) == (statut in {QUALIFIEE, RECUPEREE})


def test_whom_one_may_write_to() -> None:
    def refusing(name: str) -> Patient:
        return made(QUALIFIEE, refus=frozenset({name}))

    assert rules.patient_mail_refusal(made(QUALIFIEE), NONE) is None
    assert rules.patient_mail_refusal(made(RECUPEREE), NONE)
    assert rules.patient_mail_refusal(made(RECUPEREE), only("mss-writes-to-unqualified")) is None
    assert rules.patient_mail_refusal(refusing("mss_patient"), NONE)
    assert rules.patient_mail_refusal(refusing("mss_patient"), only("mss-ignores-patient-refusal")) is None
    assert rules.professional_mail_refusal(made(), None, NONE) is None
    assert rules.professional_mail_refusal(refusing("mss_professionnel"), MATRICULE, NONE)
    silent = only("mss-ignores-professional-refusal")
    assert rules.professional_mail_refusal(refusing("mss_professionnel"), MATRICULE, silent) is None
    assert rules.professional_mail_refusal(made(), MATRICULE, NONE)


def test_what_may_enter_the_dmp() -> None:
    assert rules.deposit_refusal(made(QUALIFIEE), MATRICULE) is None
    assert rules.deposit_refusal(made(QUALIFIEE), None)
    assert rules.deposit_refusal(made(QUALIFIEE), OTHER)
    assert rules.deposit_refusal(made(VALIDEE), None)
    assert rules.deposit_refusal(made(QUALIFIEE, refus=frozenset({"dmp"})), MATRICULE)


def test_the_patient_address() -> None:
    assert rules.patient_address(made(QUALIFIEE), NONE) == f"{MATRICULE}@patient.mssante.fr"
    short = rules.patient_address(made(QUALIFIEE), only("mss-patient-address-without-key"))
    assert short == f"{MATRICULE[:13]}@patient.mssante.fr"
    assert rules.patient_address(made(), NONE) is None
