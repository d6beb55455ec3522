"""The lists of revoked certificates that certificates name: what the reference LPS believes, and what it does not."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from conformance.reference_lps.revocation import NamedLists, UnknownStatusError
from conformance.reference_lps.types import Bench
from conformance.simulators.http import HttpServer, Request, Response

DAY = dt.timedelta(days=1)
KEY, OTHER = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))


def name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def certificate(subject: str, *points: str, authority: bool = False) -> x509.Certificate:
    """Issued by « AC », for a day."""
    now = dt.datetime.now(dt.UTC)
    builder = x509.CertificateBuilder(name("AC"), name(subject), KEY.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - DAY).not_valid_after(now + DAY)
    builder = builder.add_extension(x509.BasicConstraints(authority, None), critical=True)
    if points:
        names = [x509.UniformResourceIdentifier(one) for one in points]
        where = [x509.DistributionPoint([one], None, None, None) for one in names]
        builder = builder.add_extension(x509.CRLDistributionPoints(where), critical=False)
    return builder.sign(KEY, hashes.SHA256())


def listing(
    *revoked: x509.Certificate,
    issuer: str = "AC",
    key: rsa.RSAPrivateKey = KEY,
    since: dt.timedelta = -DAY,
    until: dt.timedelta = DAY,
    partial: bool = False,
) -> bytes:
    now = dt.datetime.now(dt.UTC)
    builder = x509.CertificateRevocationListBuilder(name(issuer)).last_update(now + since).next_update(now + until)
    for one in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(one.serial_number).revocation_date(now - DAY)
        builder = builder.add_revoked_certificate(entry.build())
    if partial:
        point = x509.IssuingDistributionPoint(None, None, True, False, None, False, False)
        builder = builder.add_extension(point, critical=True)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


class Published:
    """Where lists are published: ``body`` is what is answered, None for a breakdown."""

    def __init__(self) -> None:
        self.body: bytes | None = b""
        self.asked = 0
        self.server = HttpServer(self._answer, None)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.port}/liste.crl"

    def _answer(self, _: Request) -> Response:
        self.asked += 1
        return Response(503) if self.body is None else Response(200, (), self.body)


@pytest.fixture
def published() -> Iterator[Published]:
    place = Published()
    place.server.start()
    yield place
    place.server.stop()


@pytest.fixture
def lists(tmp_path: Path) -> NamedLists:
    trust = tmp_path / "ac.pem"
    trust.write_bytes(certificate("AC", authority=True).public_bytes(serialization.Encoding.PEM))
    return NamedLists(cast("Bench", SimpleNamespace(trust=trust)))


def test_who_stands_on_the_list_is_revoked(published: Published, lists: NamedLists) -> None:
    bad, good = (certificate(who, published.url) for who in ("retiré", "bon"))
    published.body = listing(bad)
    assert (lists.revoked(bad), lists.revoked(good)) == (True, False)
    assert published.asked == 1


def test_a_list_is_kept_until_its_end_and_no_longer(published: Published, lists: NamedLists) -> None:
    good = certificate("bon", published.url)
    published.body = listing(until=dt.timedelta(seconds=2.5))
    assert not lists.revoked(good)
    published.body = None
    assert not lists.revoked(good)
    with pytest.raises(UnknownStatusError):
        while not lists.revoked(good):
            time.sleep(0.05)
    published.body = listing(good)
    assert lists.revoked(good)


@pytest.mark.parametrize(
    "said",
    [
        None,
        b"",
        b"pas une liste",
        listing(key=OTHER),
        listing(issuer="AUTRE AC"),
        listing(since=-2 * DAY, until=-DAY),
        listing(since=DAY, until=2 * DAY),
        listing(partial=True),
        b"\x30\x84\xff\xff\xff\xff" + b"\x00" * 3_000_000,
    ],
    ids=["panne", "vide", "bruit", "signature", "émetteur", "périmée", "à venir", "partielle", "sans fin"],
)
def test_what_is_no_current_list_of_the_authority_tells_nothing(
    published: Published, lists: NamedLists, said: bytes | None
) -> None:
    published.body = said
    with pytest.raises(UnknownStatusError, match="ne peut être obtenue"):
        lists.revoked(certificate("bon", published.url))


def test_the_second_place_serves_when_the_first_is_down(published: Published, lists: NamedLists) -> None:
    published.body = listing()
    assert not lists.revoked(certificate("bon", "http://127.0.0.1:9/absente.crl", published.url))


@pytest.mark.parametrize("points", [(), ("ldap://annuaire.test/liste",), ("file:///etc/hosts",)])
def test_a_certificate_without_a_place_to_read_tells_nothing(lists: NamedLists, points: tuple[str, ...]) -> None:
    with pytest.raises(UnknownStatusError):
        lists.revoked(certificate("bon", *points))
