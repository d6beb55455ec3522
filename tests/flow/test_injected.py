"""Each of the inconsistencies injected in what leaves about one patient is found and named."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from email import message_from_bytes
from email.policy import SMTP

import pytest

from conformance.checks.ins import flow
from conformance.checks.ins.flow import Sent
from conformance.model.finding import Finding, Severity
from conformance.model.identity import Identity
from tests.flow.flow_kit import Desk, Life, desk, someone

PERSON, OTHER, BARE = someone(1), someone(2), someone(3)
QUALIFIED_LIFE = Life("QUALIFIEE")
Pieces = dict[str, Sent]


@dataclass(frozen=True)
class Scene:
    """What left about PERSON (qualified), OTHER (qualified) and BARE (récupérée)."""

    person: Pieces
    other: Pieces
    bare: Pieces


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with pytest.MonkeyPatch.context() as patch, desk(tmp_path_factory.mktemp("flux"), patch) as live:
        yield Scene(
            pieces(live, PERSON, QUALIFIED_LIFE),
            pieces(live, OTHER, QUALIFIED_LIFE),
            pieces(live, BARE, Life("RECUPEREE")),
        )


def pieces(live: Desk, person: Identity, life: Life) -> Pieces:
    found = {one.kind: one for one in live.live(person, life)}
    parts = {
        part.get_content_type(): part
        for part in message_from_bytes(found["mail"].content, policy=SMTP).iter_attachments()
    }
    found["xdm"] = Sent("xdm", "xdm", bytes(parts["application/zip"].get_content()))
    found["pdf"] = Sent("pdf", "pdf", bytes(parts["application/pdf"].get_content()))
    return found


def judged(sent: Pieces, person: Identity, status: str) -> list[Finding]:
    found = flow.judge(list(sent.values()), person, status)
    return [finding for finding in found if finding.severity is Severity.ERROR]


def swap(kind: str, old: str, new: str, of: str = "person") -> Callable[[Scene], Pieces]:
    """Replace a text in one piece of a patient (the qualified one), the first time it stands there."""

    def change(scene: Scene) -> Pieces:
        sent: Pieces = getattr(scene, of)
        after = re.sub(old.encode(), lambda _: new.encode(), sent[kind].content, count=1)
        assert after != sent[kind].content, old
        return {**sent, kind: replace(sent[kind], content=after)}

    return change


def bare(kind: str, old: str, new: str) -> Callable[[Scene], Pieces]:
    """The same on the patient who is not qualified."""
    return swap(kind, old, new, "bare")


def metadata(old: str, new: str) -> Callable[[Scene], Pieces]:
    """Replace a text in the metadata of the archive."""

    def change(scene: Scene) -> Pieces:
        source, out = zipfile.ZipFile(io.BytesIO(scene.person["xdm"].content)), io.BytesIO()
        with zipfile.ZipFile(out, "w") as written:
            for name in source.namelist():
                content = source.read(name)
                if name.endswith("METADATA.XML"):
                    content, count = re.subn(old.encode(), new.encode(), content, count=1)
                    assert count == 1, old
                written.writestr(name, content)
        return {**scene.person, "xdm": Sent("xdm", "xdm", out.getvalue())}

    return change


def others(kind: str, of: str = "person") -> Callable[[Scene], Pieces]:
    """One piece is the one of another patient."""
    return lambda scene: {**getattr(scene, of), kind: scene.other[kind]}


INS_OID = re.escape(PERSON.oid)
BORN, NAME = PERSON.date_naissance.replace("-", ""), PERSON.nom_naissance
SUBJECT_DAY = "/".join(reversed(PERSON.date_naissance.split("-")))
QUALIFIED = {
    "cda: another matricule": (swap("cda", PERSON.matricule, OTHER.matricule), "ins.same-identity", "matricule INS"),
    "cda: another oid": (
        swap("cda", f'root="{INS_OID}"', 'root="1.2.250.1.213.1.4.11"'),
        "ins.same-identity",
        "OID de l’INS",
    ),
    "cda: birth name": (swap("cda", f">{NAME}<", ">AUTREFOIS<"), "ins.same-identity", "nom de naissance"),
    "cda: first name": (
        swap("cda", f'qualifier="BR">{PERSON.premier_prenom}<', 'qualifier="BR">AUTRE<'),
        "ins.same-identity",
        "premier prénom",
    ),
    "cda: first names": (
        swap("cda", f"<given>{PERSON.prenoms}<", "<given>AUTRE LISTE<"),
        "ins.same-identity",
        "liste des prénoms",
    ),
    "cda: birth date": (
        swap("cda", f'birthTime value="{BORN}"', 'birthTime value="19010101"'),
        "ins.same-identity",
        "date de naissance",
    ),
    "cda: sex": (
        swap(
            "cda",
            f'administrativeGenderCode code="{PERSON.sexe}"',
            f'administrativeGenderCode code="{"M" if PERSON.sexe == "F" else "F"}"',
        ),
        "ins.same-identity",
        "sexe",
    ),
    "cda: birth place": (
        swap("cda", f"<county>{PERSON.lieu_naissance}<", "<county>13055<"),
        "ins.same-identity",
        "lieu de naissance",
    ),
    "cda: no ins": (
        swap("cda", rf'<id [^>]*extension="{PERSON.matricule}"[^>]*/>', '<id root="1.2.3" extension="7"/>'),
        "ins.same-identity",
        "matricule INS",
    ),
    "hl7: another matricule": (swap("hl7", PERSON.matricule, OTHER.matricule), "ins.same-identity", "matricule INS"),
    "hl7: another oid": (
        swap("hl7", rf"&{INS_OID}&ISO\^INS", "&1.2.250.1.213.1.4.11&ISO^INS"),
        "ins.same-identity",
        "OID de l’INS",
    ),
    "hl7: birth name": (swap("hl7", rf"\|{NAME}\^", "|AUTREFOIS^"), "ins.same-identity", "nom de naissance"),
    "hl7: first name": (swap("hl7", rf"\^{PERSON.premier_prenom}\^", "^AUTRE^"), "ins.same-identity", "premier prénom"),
    "hl7: first names": (
        swap("hl7", rf"\^{PERSON.prenoms}\^", "^AUTRE LISTE^"),
        "ins.same-identity",
        "liste des prénoms",
    ),
    "hl7: birth date": (swap("hl7", rf"\|{BORN}\|", "|19010101|"), "ins.same-identity", "date de naissance"),
    "hl7: sex": (
        swap("hl7", rf"\|{BORN}\|{PERSON.sexe}\|", f"|{BORN}|{'M' if PERSON.sexe == 'F' else 'F'}|"),
        "ins.same-identity",
        "sexe",
    ),
    "hl7: birth place": (
        swap("hl7", rf"BDL\^\^{PERSON.lieu_naissance}", "BDL^^13055"),
        "ins.same-identity",
        "lieu de naissance",
    ),
    "hl7: no ins": (swap("hl7", rf"~{PERSON.matricule}\^[^|]*", ""), "ins.same-identity", "matricule INS"),
    "hl7: reliability": (swap("hl7", r"\|VALI\r", "|PROV\r"), "ins.flow.reliability", "fiabilité"),
    "mail: another citizen": (
        swap("mail", f"{PERSON.matricule}@", f"{OTHER.matricule}@"),
        "ins.flow.address",
        "autre usager",
    ),
    "mail: header": (swap("mail", "X-MSS-INS: O", "X-MSS-INS: N"), "ins.flow.header", "X-MSS-INS"),
    "mail: name in the subject": (
        swap(
            "mail",
            r"(?<=Subject: )XDM/1.0/DDM[^\r]*(\r\n [^\r]*)*",
            f"XDM/1.0/DDM+Lettre AUTREFOIS {PERSON.premier_prenom} {SUBJECT_DAY}",
        ),
        "ins.flow.subject",
        "autre usager",
    ),
    "mail: date in the subject": (
        swap(
            "mail",
            r"(?<=Subject: )XDM/1.0/DDM[^\r]*(\r\n [^\r]*)*",
            f"XDM/1.0/DDM+Lettre {NAME} {PERSON.premier_prenom} 01/01/1901",
        ),
        "ins.flow.subject",
        "autre usager",
    ),
    "xdm: patientId": (metadata(rf"{PERSON.matricule}\^", f"{OTHER.matricule}^"), "ins.flow.patient-id", "patientId"),
    "xdm: name": (metadata(rf"PID-5\|{NAME}", "PID-5|AUTREFOIS"), "ins.flow.source-patient", "sourcePatientInfo"),
    "xdm: birth date": (metadata(rf"PID-7\|{BORN}", "PID-7|19010101"), "ins.flow.source-patient", "sourcePatientInfo"),
    "xdm: another patient's archive": (others("xdm"), "ins.same-identity", "nom de naissance"),
    "pdf: another patient's page": (others("pdf"), "pdf.identity.name", "nom de naissance"),
    "pdf: another patient's symbol": (others("pdf"), "ins.same-identity", "le datamatrix"),
    "mail: another patient's mail": (others("mail"), "ins.flow.address", "autre usager"),
    "vihf: another matricule": (
        swap("vihf", rf"{PERSON.matricule}\^", f"{OTHER.matricule}^"),
        "vihf.patient",
        "autre usager",
    ),
    "vihf: another oid": (
        swap("vihf", rf"&amp;{INS_OID}&amp;ISO", "&amp;1.2.250.1.213.1.4.11&amp;ISO"),
        "vihf.patient",
        "autre usager",
    ),
    "xds: another patient's vihf": (
        swap("xds", rf">{PERSON.matricule}\^", f">{OTHER.matricule}^"),
        "vihf.patient",
        "autre usager",
    ),
    "xds: patientId": (
        swap("xds", rf'value="{PERSON.matricule}\^', f'value="{OTHER.matricule}^'),
        "ins.flow.patient-id",
        "patientId",
    ),
    "xds: name": (swap("xds", rf"PID-5\|{NAME}", "PID-5|AUTREFOIS"), "ins.flow.source-patient", "sourcePatientInfo"),
    "xds: birth date": (
        swap("xds", rf"PID-7\|{BORN}", "PID-7|19010101"),
        "ins.flow.source-patient",
        "sourcePatientInfo",
    ),
    "xds: the document's birth date": (
        swap("xds", f'birthTime value="{BORN}"', 'birthTime value="19010101"'),
        "ins.same-identity",
        "date de naissance",
    ),
    "xds: another patient's deposit": (others("xds"), "ins.same-identity", "nom de naissance"),
}
NOT_QUALIFIED = {
    "cda: matricule": (bare("cda", "</ClinicalDocument>", f"<!--{BARE.matricule}--></ClinicalDocument>"), "ins.leak", "matricule INS"),
    "cda: oid alone": (bare("cda", "</ClinicalDocument>", f"<!--{BARE.oid}--></ClinicalDocument>"), "ins.leak", "OID"),
    "hl7: ins": (bare("hl7", r"\^PI\|", f"^PI~{BARE.matricule}^^^ASIP-SANTE-INS-NIR&{BARE.oid}&ISO^INS|"), "ins.leak", "matricule INS"),
    "hl7: thirteen digits": (bare("hl7", "PV1", f"NTE|1||{BARE.matricule[:13]}\rPV1"), "ins.leak", "sans sa clé"),
    "hl7: reliability": (bare("hl7", r"\|PROV\r", "|VALI\r"), "ins.flow.reliability", "fiabilité"),
    "mail: matricule, grouped": (bare("mail", "Bonjour", f"Bonjour {BARE.matricule[:5]} {BARE.matricule[5:10]} {BARE.matricule[10:]}"), "ins.leak", "matricule INS"),
    "mail: header": (bare("mail", "X-MSS-INS: N", "X-MSS-INS: O"), "ins.flow.header", "X-MSS-INS"),
    "vihf: a call to the DMP": (others("vihf", "bare"), "ins.flow.dmp", "n’est pas qualifiée"),
    "xds: a deposit": (others("xds", "bare"), "ins.flow.dmp", "n’est pas qualifiée"),
    "hl7: an A47 whose PID keeps it": (
        bare("hl7", r"\^A(28|31)(?s:.*)\^PI\|", f"^A47^ADT_A30|1\rMRG|x\rPID|1||7^PI~{BARE.matricule}^^^X^INS|"), "ins.leak", "matricule INS"
    ),
    "pdf: a page with its symbol": (others("pdf", "bare"), "datamatrix.leak", "datamatrix INS"),
}  # fmt: skip


def test_nothing_injected_nothing_said(scene: Scene) -> None:
    assert judged(scene.person, PERSON, "QUALIFIEE") == []
    assert judged(scene.bare, BARE, "RECUPEREE") == []


def test_there_are_thirty_of_them_at_least() -> None:
    assert len(QUALIFIED) + len(NOT_QUALIFIED) >= 30


@pytest.mark.parametrize("name", QUALIFIED)
def test_an_inconsistency_of_a_qualified_patient_is_named(scene: Scene, name: str) -> None:
    change, rule, words = QUALIFIED[name]
    named(judged(change(scene), PERSON, "QUALIFIEE"), rule, words)


@pytest.mark.parametrize("name", NOT_QUALIFIED)
def test_what_must_not_leave_is_named(scene: Scene, name: str) -> None:
    change, rule, words = NOT_QUALIFIED[name]
    named(judged(change(scene), BARE, "RECUPEREE"), rule, words)


def named(found: list[Finding], rule: str, words: str) -> None:
    assert any(one.rule == rule and words in one.message.replace("\u00a0", " ") for one in found), found
