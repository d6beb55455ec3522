"""The notice by which a platform tells whether the documents of a mail were taken in: green and red examples."""

from __future__ import annotations

import pytest

from conformance.checks import mail
from conformance.checks.mail import integration
from conformance.model.evidence import Channel, Exchange, Message
from conformance.reference_lps.messages import Sender, integration_notice

ASKED = (
    b"From: a@b.test\r\nTo: c@d.test\r\nSubject: XDM/1.0/DDM+CR\r\nMessage-ID: <1@b.test>\r\n"
    b"Disposition-Notification-To: a@b.test\r\n\r\nBonjour\r\n"
)


def notice(done: bool, old: bytes = b"", new: bytes = b"") -> mail.Mail:
    sender = Sender("c@d.test", "Boîte", applicative=True, reply_to="e@d.test")
    content = integration_notice(sender, ASKED, done, frozenset()).as_bytes()
    return mail.read(content.replace(old, new) if old else content, "accusé")


def found(done: bool, *edit: bytes, wanted: bool | None = None) -> list[tuple[str, str]]:
    asked = mail.read(ASKED, "courriel")
    said = done if wanted is None else wanted
    return [(f.rule, f.severity.value) for f in integration.integration_notice(notice(done, *edit), asked, done=said)]


@pytest.mark.parametrize("done", [True, False])
def test_a_notice_that_says_what_happened(done: bool) -> None:
    assert found(done) == []
    assert found(done, wanted=not done) == [("mail.mdn.sort", "ERROR")]


def test_the_form_alone_is_a_warning() -> None:
    assert found(True, b"Original-Message-ID: <1@", b"Original-Message-ID: <2@") == [("mail.mdn.champ", "WARNING")]
    assert found(True, b"multipart/report", b"multipart/mixed") == [("mail.mdn.structure", "WARNING")]


def test_a_notice_is_due() -> None:
    one = Exchange(Channel.MSS, "SMTP DATA", Message("MAIL FROM", (), b""), None)
    assert list(integration.returned([one], "a@b.test")) == []
    for wrong in ([], [one, one]):
        (told,) = integration.returned(wrong, "a@b.test")
        assert "n’est pas rendu" in told.message
