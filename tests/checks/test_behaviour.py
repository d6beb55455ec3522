"""What the software did or kept from doing: a green and a red example of each judgement."""

from __future__ import annotations

import pytest

from conformance.checks import behaviour
from conformance.model.evidence import Channel, Exchange, Message
from conformance.validation.gate import open_document


def seen(channel=Channel.DMP, start="POST /x", **facts):
    return Exchange(channel, "op", Message(start, (), b""), None, facts=facts, number="main-7")


def document(code="11490-0", root="1.2.3", replaced=None):
    related = (
        f'<relatedDocument typeCode="RPLC"><parentDocument><id root="{replaced}"/></parentDocument></relatedDocument>'
    )
    text = (
        f'<ClinicalDocument xmlns="urn:hl7-org:v3"><id root="{root}"/>'
        f'<code code="{code}" codeSystem="2.16.840.1.113883.6.1"/>{related if replaced else ""}</ClinicalDocument>'
    )
    return open_document(f"{root}.xml", text.encode())


FILED = {"document_integre": True, "alertes": []}
LEFT_OUT = {"document_integre": False, "alertes": ["INS refusée"]}


@pytest.mark.parametrize(
    ("green", "red", "words"),
    [
        (behaviour.created({"id": "p1"}), behaviour.created({}), "n’a pas créé l’usager"),
        (
            behaviour.not_status({"statut": "RECUPEREE"}, "QUALIFIEE"),
            behaviour.not_status({"statut": "QUALIFIEE"}, "QUALIFIEE"),
            "statut QUALIFIEE",
        ),
        (behaviour.document_filed(FILED), behaviour.document_filed(LEFT_OUT), "n’est pas intégré"),
        (
            behaviour.document_left_out(LEFT_OUT, [{"type": "INS"}]),
            behaviour.document_left_out(FILED, [{"type": "INS"}]),
            "intégré d’office",
        ),
        (
            behaviour.document_left_out(LEFT_OUT, [{"type": "INS"}]),
            behaviour.document_left_out({**LEFT_OUT, "alertes": []}, [{}]),
            "pas signalé",
        ),
        (
            behaviour.document_left_out(LEFT_OUT, [{"type": "INS"}]),
            behaviour.document_left_out(LEFT_OUT, []),
            "liste de travail est vide",
        ),
        (
            behaviour.none_sent([]),
            behaviour.none_sent([seen(Channel.MSS, "MAIL FROM:<a@b.test>")]),
            "Un courriel est parti",
        ),
        (
            behaviour.written_to([seen(Channel.MSS, "MAIL FROM:<a@b.test>")], "a@b.test"),
            behaviour.written_to([], "a@b.test"),
            "Aucun courriel",
        ),
        (
            behaviour.type_is(document(), "11490-0"),
            behaviour.type_is(document("18748-4"), "11490-0"),
            "pas du type demandé",
        ),
        (
            behaviour.replaces_version(document(replaced="1.2.3"), document()),
            behaviour.replaces_version(document(replaced="9.9"), document()),
            "ne désigne pas le document remplacé",
        ),
        (
            behaviour.replaces_version(document(replaced="1.2.3"), document()),
            behaviour.replaces_version(document(), document()),
            "ne désigne pas",
        ),
        (
            behaviour.accepted_by_dmp(seen(td="TD2.1")),
            behaviour.accepted_by_dmp(seen(td="TD2.1", refused="VIHF non signé")),
            "VIHF non signé",
        ),
        (
            behaviour.deleted_from_dmp([seen(td="TD3.3c")]),
            behaviour.deleted_from_dmp([seen(td="TD2.1")]),
            "n’est pas parvenue au DMP",
        ),
        (behaviour.deleted_from_dmp([seen(td="TD3.3c")]), behaviour.deleted_from_dmp([]), "n’est pas parvenue au DMP"),
        (behaviour.logged_in({"etat": "CONNECTE"}), behaviour.logged_in({"etat": "ATTENTE"}), "n’aboutit pas"),
        (
            behaviour.logged_in({"etat": "CONNECTE", "utilisateur": {"id_national": "8"}}, "8"),
            behaviour.logged_in({"etat": "CONNECTE", "utilisateur": {"id_national": "9"}}, "8"),
            "n’est pas celui",
        ),
        (
            behaviour.login_refused({"etat": "REFUSE"}, "wrong-state", "state étranger"),
            behaviour.login_refused({"etat": "CONNECTE"}, "wrong-state", "state étranger"),
            "state étranger",
        ),
    ],
)
def test_each_behaviour_is_judged(green, red, words):
    assert list(green) == []
    found = list(red)
    assert words in " ".join(finding.message for finding in found)
    assert all(finding.source and finding.fix for finding in found)
