"""Hostile deposits: the right refusal, a clear record of it, and a journal and a registry left sound."""

from __future__ import annotations

import pytest

from conformance.checks.xds.deposit import Deposit as Read
from conformance.checks.xds.deposit import deposit as read
from conformance.journal import verify
from tests.simulators.dmp_client_kit import TD21, Client, errors, subcode
from tests.simulators.dmp_lots_kit import Deposit, cda
from tests.simulators.dmp_messages_kit import WHO, envelope, multipart

BOMB = '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>'
DEEP = b"<a>" * 60_000 + b"</a>" * 60_000


def sound(client: Client) -> None:
    """Afterwards a right deposit goes in, and the journal holds from end to end."""
    assert errors(client.deposit(Deposit())) == []
    assert len(client.dmp.documents(WHO.matricule)) == 1
    verify(client.journal.folder, [client.journal.seal])


@pytest.mark.parametrize(
    "content",
    [
        BOMB.encode() + b"<a>&c;</a>",
        BOMB.encode("utf-16") + b"<a>&c;</a>",
        DEEP,
        b"\0" * 10_000,
        b'<?xml version="1.0" encoding="utf-7"?><a/>',
        b"<ClinicalDocument" + b" a" * 50_000,
        cda(WHO, "1.2.250.9")[:-30],
    ],
    ids=["bomb", "bomb in UTF-16", "too deep", "zeros", "UTF-7", "endless tag", "cut"],
)
def test_documents_that_are_traps(client: Client, content: bytes) -> None:
    assert errors(client.deposit(Deposit(unique_id="1.2.250.9", content=content))) == ["InvalidDocumentContent"]
    last = client.last()
    assert last.facts["refused"].startswith("InvalidDocumentContent") and WHO.matricule in last.keys
    assert content in last.request.body
    found = read(last)
    assert isinstance(found, Read) and content in found.documents.values()
    sound(client)


def test_packages_that_are_traps(client: Client) -> None:
    lot = Deposit()
    kind, body = multipart(envelope(TD21, lot.body(), client.vihf().make()), lot.attachments())
    twice = body.replace(b"Content-ID: <sig@x>", b"Content-ID: <doc 1@x>")
    nested = body.replace(b"Content-ID: <sig@x>", b"Content-Type: multipart/mixed; boundary=y\r\nContent-ID: <sig@x>")
    many = body.replace(
        b"--MIME-limite--", b"--MIME-limite\r\nContent-ID: <n@x>\r\n\r\nx\r\n" * 200 + b"--MIME-limite--"
    )
    for hostile, told in ((twice, "Content-ID"), (nested, "composite"), (many, "parties"), (body[:4000], "tronqué")):
        response = client.post(hostile, kind, "repository")
        assert response.status_code == 400 and subcode(response) == "Sender", told
        assert told in client.last().facts["refused"]
        assert client.last().request.body == hostile
    assert client.dmp.documents(WHO.matricule) == ()
    sound(client)
