"""What becomes of a mail: notices, bounces, autoconfiguration; met by smtplib, swaks, curl and requests."""

from __future__ import annotations

import email
import email.policy
import shutil
import smtplib
import subprocess
import time
from email.message import EmailMessage
from pathlib import Path

import pytest
import requests
from lxml import etree

from conformance.journal import Journal
from conformance.model.evidence import Channel
from conformance.simulators.mss import Mss
from conformance.simulators.mss.autoconfig import Autoconfig
from conformance.simulators.mss.notices import UNDELIVERED
from conformance.simulators.pki import Pki
from tests.simulators.mss_kit import (
    PASSWORD,
    PATIENT,
    PERSONAL,
    TOKEN,
    connected,
    mail,
    opened,
    plain,
    reading,
    recorded,
)


def received(mss: Mss, count: int = 1) -> list[EmailMessage]:
    """The mails of the personal box, once there are ``count``."""
    client = reading(mss)
    for _ in range(50):
        numbers = client.search(None, "ALL")[1][0].split()
        if len(numbers) >= count:
            break
        time.sleep(0.05)
    found = [client.fetch(number.decode(), "(RFC822)")[1][0][1] for number in numbers]  # type: ignore[index]
    client.logout()
    return [email.message_from_bytes(content, policy=email.policy.default) for content in found]  # type: ignore[misc]


def sent(mss: Mss, message: EmailMessage) -> None:
    with opened(mss) as client:
        client.send_message(message)


@pytest.mark.parametrize(("state", "status"), [("fermee", "5.2.1"), ("inconnue", "5.1.1")])
def test_a_patient_s_box_that_does_not_answer_sends_the_mail_back(mss: Mss, state: str, status: str) -> None:
    mss.patient_box(PATIENT, state)
    sent(mss, mail())
    (bounce,) = received(mss)
    assert bounce["Subject"] == UNDELIVERED
    assert bounce["In-Reply-To"] == "<essai-1@operateur.mssante.test>"
    assert (bounce.get_content_type(), bounce.get_param("report-type")) == ("multipart/report", "delivery-status")
    whole, one = bounce.get_payload(1).get_payload()  # type: ignore[union-attr]
    assert whole["Reporting-MTA"]
    assert (one["Action"], one["Status"], one["Final-Recipient"]) == ("failed", status, f"rfc822;{PATIENT}")
    mss.patient_box(PATIENT, None)
    with pytest.raises(ValueError, match="fermee"):
        mss.patient_box(PATIENT, "ouverte")


def test_over_25_megabytes_comes_back_from_mon_espace_sante(mss: Mss) -> None:
    heavy = mail()
    heavy.add_attachment(b"\0" * (19 * 1024 * 1024), maintype="application", subtype="zip", filename="IHE_XDM.ZIP")
    sent(mss, heavy)
    (bounce,) = received(mss)
    assert bounce.get_payload(1).get_payload()[1]["Status"] == "5.3.4"  # type: ignore[union-attr,index]


def test_an_unknown_box_of_the_operator_sends_the_mail_back(mss: Mss) -> None:
    sent(mss, mail("personne@operateur.mssante.test"))
    assert received(mss)[0]["Subject"] == UNDELIVERED


def test_a_delivery_notice_is_given_when_asked(mss: Mss) -> None:
    message = mail("confrere@autre.mssante.test")
    message["Return-Receipt-To"] = PERSONAL
    sent(mss, message)
    (notice,) = received(mss)
    one = notice.get_payload(1).get_payload()[1]  # type: ignore[union-attr,index]
    assert (one["Action"], one["Final-Recipient"]) == ("delivered", "rfc822;confrere@autre.mssante.test")


def test_a_patient_s_box_tells_that_the_mail_was_read(mss: Mss) -> None:
    message = mail()
    message["Disposition-Notification-To"] = PERSONAL
    sent(mss, message)
    (notice,) = received(mss)
    assert notice.get_param("report-type") == "disposition-notification"
    one = notice.get_payload(1).get_payload()[0]  # type: ignore[union-attr,index]
    assert one["Original-Message-ID"] == "<essai-1@operateur.mssante.test>"
    assert one["Disposition"].endswith("; displayed")


def test_a_colleague_elsewhere_reads_alone_and_nothing_leaves(mss: Mss, journal: Journal) -> None:
    message = mail("confrere@autre.mssante.test")
    message["Disposition-Notification-To"] = PERSONAL
    sent(mss, message)
    recorded(journal, "SMTP DATA")
    assert received(mss, 0) == []


@pytest.mark.parametrize("asker", ["x" * 5000, "(" * 3000 + PERSONAL, f"{PERSONAL}\r\n X: y", "=?utf-8?b?////?="])
def test_hostile_addresses_of_notices(mss: Mss, journal: Journal, asker: str) -> None:
    raw = f"Message-ID: <\0 x>\r\nReturn-Receipt-To: {asker}\r\nDisposition-Notification-To: {asker}\r\n\r\nx\r\n"
    with opened(mss) as client:
        client.sendmail(PERSONAL, [PATIENT], raw.encode())
    assert recorded(journal, "SMTP DATA")
    received(mss, 0)


def test_the_parameters_of_delivery_notices_are_taken(mss: Mss, journal: Journal) -> None:
    with opened(mss) as client:
        assert client.has_extn("dsn")
        assert client.mail(PERSONAL, ["RET=HDRS", "ENVID=abc"])[0] == 250
        assert client.rcpt(PATIENT, ["NOTIFY=SUCCESS,FAILURE", "ORCPT=rfc822;x@y.test"])[0] == 250
        assert client.rcpt(PATIENT, ["INCONNU=1"])[0] == 555


def test_autoconfiguration_leads_to_a_session(mss: Mss, journal: Journal, pki: Pki) -> None:
    service = Autoconfig(journal, mss)
    service.start()
    try:
        answer = requests.get(service.url, verify=str(pki.trust), timeout=5)
        assert requests.get(service.url + "x", verify=str(pki.trust), timeout=5).status_code == 404
    finally:
        service.stop()
    servers = etree.fromstring(answer.content)
    for kind, port in (("incomingServer", mss.imap_port), ("outgoingServer", mss.port)):
        server = servers.find(f".//{kind}")
        assert server is not None
        assert (server.findtext("hostname"), server.findtext("port")) == (mss.host, str(port))
        assert server.findtext("socketType") == "STARTTLS"
    seen = [one for one in journal.exchanges(Channel.MSS) if one.operation == "autoconfig"]
    assert [one.response.start for one in seen if one.response] == ["HTTP 200", "HTTP 404"]


@pytest.mark.skipif(shutil.which("swaks") is None, reason="swaks n’est pas installé")
def test_swaks_sends_a_mail(mss: Mss, journal: Journal, pki: Pki) -> None:
    password = "mot-de-passe"
    box = {"adresse": PERSONAL, "authentification": "XOAUTH2", "mot_de_passe": password}
    operator = Mss(journal, pki, "127.0.0.1", 0, {"personnelle": box})
    operator.start()
    words = ["--server", operator.host, "--port", str(operator.port), "--tls", "--tls-ca-path", str(pki.trust)]
    words += ["--tls-protocol", "tlsv1_2", "--auth", "PLAIN", "--auth-user", PERSONAL, "--auth-password", password]
    words += ["--from", PERSONAL, "--to", PATIENT, "--header", "Subject: Essai de swaks"]
    try:
        done = subprocess.run(["swaks", *words], capture_output=True, text=True, timeout=30, check=False)
    finally:
        operator.stop()
    if "not available" in done.stdout + done.stderr:
        pytest.skip("swaks n’a pas ses bibliothèques TLS (libnet-ssleay-perl)")
    assert done.returncode == 0, done.stdout + done.stderr
    (one,) = recorded(journal, "SMTP DATA")
    assert one.request.header("Subject") == "Essai de swaks"
    assert one.tls is not None
    assert one.tls.version == "TLSv1.2"


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl n’est pas installé")
def test_curl_sends_a_mail(mss: Mss, journal: Journal, pki: Pki, tmp_path: Path) -> None:
    path = tmp_path / "courriel.eml"
    path.write_bytes(mail().as_bytes().replace(b"\n", b"\r\n"))
    words = ["--silent", "--ssl-reqd", "--cacert", str(pki.trust), "--user", f"{PERSONAL}:", "--oauth2-bearer", TOKEN]
    words += ["--login-options", "AUTH=XOAUTH2", "--mail-from", PERSONAL, "--mail-rcpt", PATIENT]
    words += ["--upload-file", str(path), f"smtp://localhost:{mss.port}"]
    done = subprocess.run(["curl", *words], capture_output=True, timeout=20, check=False)
    assert done.returncode == 0, done.stderr
    assert recorded(journal, "SMTP DATA")[0].request.body == path.read_bytes()


@pytest.mark.parametrize("fault", ["authentification-refusee", "coupure"])
def test_breakdowns_of_submission(mss: Mss, journal: Journal, fault: str) -> None:
    mss.fail(fault)
    with pytest.raises((smtplib.SMTPException, OSError)), connected(mss) as client:
        code, _ = client.docmd("AUTH", "PLAIN " + plain(PERSONAL, PASSWORD))
        raise smtplib.SMTPResponseException(code, "")
    assert "panne simulée" in recorded(journal, "SMTP session")[0].facts["refused"]
