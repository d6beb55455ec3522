"""Canal entre le client de messagerie et l’opérateur MSSanté : TLS, suites, certificats."""

from __future__ import annotations

from conformance import require, verifies
from conformance.checks import tls
from conformance.drivers.mailbox import CRL, OCSP, Mailbox
from conformance.drivers.services import MssService
from conformance.drivers.software import Software
from conformance.model.evidence import Exchange
from conformance.outcomes import NotApplicable, NotRun
from conformance.suites.mss.posted import PEER


@verifies("MSS/va1.03.01")
def test_the_channel_is_encrypted_with_a_listed_suite(software: Software, mss: MssService) -> None:
    """Le courriel passe sous TLS 1.2 avec une suite de la liste, et ne passe pas sous une autre suite."""
    sent = software.write_mail(PEER)
    mail = mss.mail(message_id=sent.get("message_id"))
    require(tls.starttls_first(mss.sessions()), tls.suite(mail), tls.version(mail))
    refused(software, mss, "unlisted-suite")


@verifies("MSS/va1.31.01")
def test_only_tls_1_2_is_spoken(software: Software, mss: MssService) -> None:
    """Le client de messagerie ne négocie que TLS 1.2 : ni une version plus ancienne, ni TLS 1.3."""
    sent = software.write_mail(PEER)
    require(tls.version(mss.mail(message_id=sent.get("message_id"))))
    refused(software, mss, "tls13-only")
    refused(software, mss, "tls11-only")


@verifies("MSS/CONF.01.01")
def test_tls_1_2_is_enough(software: Software, mss: MssService) -> None:
    """Face à un opérateur qui n’offre que TLS 1.2, le courriel passe ; face à TLS 1.1, rien ne passe."""
    sent = software.write_mail(PEER)
    require(tls.version(mss.mail(message_id=sent.get("message_id"))))
    refused(software, mss, "tls11-only")


@verifies("MSS/CONF.02.01")
def test_an_operator_that_also_speaks_tls_1_3_is_accepted(software: Software, mss: MssService) -> None:
    """Face à un opérateur qui offre TLS 1.2 et TLS 1.3, le courriel passe, dans l’une ou l’autre version."""
    control(software, mss)
    sessions = tried(software, mss, "tls12-tls13")
    require(tls.accepted(sessions, "tls12-tls13"))
    require(*(tls.version(one, ("TLSv1.2", "TLSv1.3")) for one in sessions if tls.delivered(one)))


@verifies("MSS/CONF.03.01")
def test_suites_and_groups_are_those_of_the_list(software: Software, mss: MssService) -> None:
    """Seules les six suites sont admises ; un groupe DH ou une courbe trop courts font rompre la connexion."""
    sent = software.write_mail(PEER)
    require(tls.suite(mss.mail(message_id=sent.get("message_id"))))
    for behaviour in ("unlisted-suite", "weak-dh", "weak-curve"):
        refused(software, mss, behaviour)


@verifies("MSS/CONF.05.01")
def test_mail_is_submitted_after_starttls(software: Software, mss: MssService) -> None:
    """Le courriel part en SMTP, et rien ne s’y dit avant STARTTLS."""
    sent = software.write_mail(PEER)
    require(tls.starttls_first([mss.mail(message_id=sent.get("message_id"))]))
    mss.silence()  # a session that was also refused something is written down when it ends
    require(tls.starttls_first(mss.sessions()))


@verifies("MSS/va1.04.01")
def test_an_expired_certificate_is_refused(software: Software, mss: MssService) -> None:
    """Le client de messagerie refuse un opérateur dont le certificat est expiré."""
    control(software, mss)
    refused(software, mss, "expired")


@verifies("MSS/va1.06.01")
def test_a_certificate_of_the_igc_sante_is_accepted(software: Software, mss: MssService) -> None:
    """Le client de messagerie accepte tout certificat serveur émis par l’IGC Santé, pas seulement le premier rencontré."""
    control(software, mss)
    require(tls.accepted(tried(software, mss, "other-igc"), "other-igc"))


@verifies("MSS/CONF.22.01")
def test_the_last_revocation_list_is_kept(software: Software, mss: MssService, mailbox: Mailbox) -> None:
    """La liste de révocation devient inaccessible : la connexion tient, et un certificat révoqué reste refusé."""
    control(software, mss)
    if not mailbox.exchanges(CRL):
        if mailbox.exchanges(OCSP):
            raise NotApplicable("le logiciel contrôle la révocation par OCSP : aucune liste n’est à conserver")
        refused(software, mss, "revoked")
        raise NotRun(
            "le logiciel n’a pas lu la liste de révocation pendant ce scénario : sa conservation ne se voit pas"
        )
    mailbox.hide_revocations(True)
    before = len(mss.sessions())
    software.write_mail(PEER)
    require(tls.connected_without_list(mss.sessions_after(before)))
    refused(software, mss, "revoked")


def control(software: Software, mss: MssService) -> None:
    """A mail gets through in normal times: the refusals that follow are refusals, not a broken channel."""
    mss.mail(message_id=software.write_mail(PEER).get("message_id"))


def refused(software: Software, mss: MssService, behaviour: str) -> None:
    """Under that behaviour of the operator, the software must give up before sending anything."""
    require(tls.refused(tried(software, mss, behaviour)))


def tried(software: Software, mss: MssService, behaviour: str) -> list[Exchange]:
    """The sessions the software tried under that behaviour. Raises NotRun when it tried none: nothing to judge."""
    mss.present(behaviour)
    before = len(mss.sessions())
    software.write_mail(PEER)
    sessions = mss.sessions_after(before)
    if not tls.attempted(sessions, behaviour):
        raise NotRun(f"le logiciel n’a pas tenté de se connecter (opérateur « {behaviour} ») : il n’y a rien à juger")
    return sessions
