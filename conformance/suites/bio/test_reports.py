"""Les comptes rendus de biologie reçus par MSSanté : ce que le logiciel en range, en signale et en garde.

Le logiciel dit lui-même ce que montrent ses listes (API Pilote LPS) ; la présentation à l’écran n’est pas vue d’ici.
"""

from __future__ import annotations

from conformance import require, verifies
from conformance.checks import lab
from conformance.checks.lab import COMMENTED, CRITICAL, INTERPRETED, OUT
from conformance.drivers.lab_report import LabResult, mail, report
from conformance.drivers.laboratory import Laboratory
from conformance.drivers.people import People

NORMAL = LabResult("2571-8", "Triglycérides", "0.62", "g/L", "N", "0.50", "1.50")
HIGH = LabResult("2093-3", "Cholestérol", "2.60", "g/L", "H", "1.20", "2.40")
CRITICALS = (
    LabResult("2823-3", "Potassium", "6.9", "mmol/L", "HH", "3.5", "5.1"),
    LabResult("2345-7", "Glucose", "0.31", "g/L", "LL", "0.70", "1.05"),
    LabResult("6301-6", "INR", "7.2", "1", "AA"),
)
SEEN = {INTERPRETED, COMMENTED}
UNREAD, FILE = "liste des documents non lus", "liste des documents de l’usager"


@verifies("BIO/va1.01.01")
def test_a_critical_result_is_told_apart(laboratory: Laboratory, people: People) -> None:
    """Plusieurs comptes rendus d’un même courriel : seuls ceux à AA, HH ou LL sont signalés critiques, chacun au bon usager."""
    person = people.one()
    patient = laboratory.patient(person)
    alarming = [report(one.code, person, NORMAL, one) for one in CRITICALS]
    abnormal, sound = report("haut", person, HIGH), report("normal", person, NORMAL)
    laboratory.sends(patient, *alarming, abnormal, sound)
    unread = laboratory.unread()
    for one in alarming:
        require(lab.signals(unread, one.unique_id, {CRITICAL}, {CRITICAL}, UNREAD))
    for one in (abnormal, sound):
        require(lab.signals(unread, one.unique_id, set(), {CRITICAL}, UNREAD))
    stranger = report("inconnu", people.one(), CRITICALS[0])
    answer = laboratory.send(mail(stranger))
    require(lab.nowhere([*laboratory.unread(), *laboratory.of(patient)], stranger.unique_id))
    require(lab.told(answer, "Compte rendu d’une personne inconnue"))


@verifies("BIO/va1.02.01")
def test_the_former_version_is_kept(laboratory: Laboratory, people: People) -> None:
    """La mise à jour d’un compte rendu laisse voir la version précédente et ses résultats, marquée remplacée."""
    person = people.one()
    patient = laboratory.patient(person)
    first = report("premier", person, HIGH)
    laboratory.sends(patient, first)
    corrected = LabResult(HIGH.code, HIGH.label, "2.06", HIGH.unit, "N", HIGH.low, HIGH.high)
    second = report("corrigé", person, corrected, replaces=first)
    laboratory.send(mail(second))
    kept = laboratory.of(patient)
    require(lab.former_kept(kept, first.unique_id, second.unique_id))
    require(lab.values(kept, first.unique_id, {HIGH.code: [(HIGH.value, HIGH.unit)]}))
    require(lab.values(kept, second.unique_id, {HIGH.code: [("2.06", HIGH.unit)]}))
    laboratory.send(mail(second))
    require(lab.once(laboratory.of(patient), second.unique_id))


@verifies("BIO/va1.03.01")
def test_both_units_are_integrated(laboratory: Laboratory, people: People) -> None:
    """Un résultat donné en deux unités est intégré dans les deux, avec les valeurs du document."""
    person = people.one()
    patient = laboratory.patient(person)
    double = LabResult("2571-8", "Triglycérides", "0.62", "g/L", "N", "0.50", "1.50", second=("0.71", "mmol/L"))
    one = report("deux unités", person, double)
    laboratory.sends(patient, one)
    require(lab.values(laboratory.of(patient), one.unique_id, {double.code: [("0.62", "g/L"), ("0.71", "mmol/L")]}))


@verifies("BIO/va1.04.01")
def test_ucum_units_are_kept(laboratory: Laboratory, people: People) -> None:
    """Une unité codée en UCUM est intégrée telle que le document la code."""
    person = people.one()
    patient = laboratory.patient(person)
    results = (
        LabResult("1742-6", "ALAT", "45", "[IU]/L", "N", "10", "50"),
        LabResult("777-3", "Plaquettes", "250", "10*3/uL", "N", "150", "400"),
    )
    one = report("ucum", person, *results)
    laboratory.sends(patient, one)
    wanted = {result.code: [(result.value, result.unit)] for result in results}
    require(lab.values(laboratory.of(patient), one.unique_id, wanted))


@verifies("BIO/va1.05.01")
def test_an_interpretation_or_a_comment_is_seen_from_the_lists(laboratory: Laboratory, people: People) -> None:
    """Un code d’interprétation, un commentaire, se voient dans les deux listes sans ouvrir le compte rendu."""
    person = people.one()
    patient = laboratory.patient(person)
    judged = LabResult("6301-6", "INR", "1.4", "1", "A")
    said = LabResult("2571-8", "Triglycérides", "0.62", "g/L", "N", "0.50", "1.50", comment="Sérum lactescent.")
    one, two = report("interprété", person, judged), report("commenté", person, said)
    laboratory.sends(patient, one, two)
    for listed, documents in ((UNREAD, laboratory.unread()), (FILE, laboratory.of(patient))):
        require(lab.signals(documents, one.unique_id, {INTERPRETED}, SEEN, listed))
        require(lab.signals(documents, two.unique_id, {COMMENTED}, SEEN, listed))
    require(lab.told(laboratory.send(cut(mail(one))), "Archive illisible"))


@verifies("BIO/va1.06.01")
def test_a_result_out_of_range_is_seen_from_the_lists(laboratory: Laboratory, people: People) -> None:
    """Un résultat hors de son intervalle, sans code d’interprétation, se voit dans les deux listes."""
    person = people.one()
    patient = laboratory.patient(person)
    out = LabResult("2093-3", "Cholestérol", "2.60", "g/L", None, "1.20", "2.40")
    inside = LabResult("2093-3", "Cholestérol", "2.40", "g/L", None, "1.20", "2.40")
    one, two = report("hors", person, out), report("dedans", person, inside)
    laboratory.sends(patient, one, two)
    for listed, documents in ((UNREAD, laboratory.unread()), (FILE, laboratory.of(patient))):
        require(lab.signals(documents, one.unique_id, {OUT}, {OUT}, listed))
        require(lab.signals(documents, two.unique_id, set(), {OUT}, listed))


def cut(source: bytes) -> bytes:
    """The same mail with an archive whose end is missing."""
    head, _, tail = source.partition(b"UEsDB")
    encoded, rest = tail.split(b"\n--", 1)
    kept = b"\n".join(encoded.split(b"\n")[: encoded.count(b"\n") // 2])
    return head + b"UEsDB" + kept + b"\n\n--" + rest
