"""The third-party structure as a suite sees it: what it tries is written down, and reads the same again."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from conformance.checks import third_party as judged
from conformance.drivers.services import InsiService
from conformance.drivers.software import Software
from conformance.drivers.stage import LiveStage, ReplayStage
from conformance.drivers.third_party import CERTIFICATES, FOREIGN, NONE, REVOKED, VALID, ThirdParty
from conformance.journal import Journal
from conformance.model.evidence import Channel
from conformance.model.vendor import DriverConfig, Vendor
from conformance.model.vendor import Software as Product
from conformance.outcomes import NotRun
from conformance.simulators.http import HttpServer, Response

VENDOR = Vendor("essai", "Essai", Product("Essai", "1"), DriverConfig("dossier"))
SECRET = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1bi1zZWNyZXQifQ.c2lnbmF0dXJl"


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[LiveStage]:
    journal = Journal(tmp_path / "run")
    with closing(journal), closing(LiveStage(VENDOR, journal, tmp_path / "travail")) as stage:
        yield stage


def structure(stage: LiveStage | ReplayStage, url: str | None, told: Any = None) -> ThirdParty:
    software = Software(stage, InsiService(stage), {})
    if url is None:
        software = cast("Software", SimpleNamespace(do=lambda action: {"structure_tierce": told}))
    return ThirdParty(stage, software, url)


def test_what_is_tried_is_written_down_and_reads_the_same_again(stage: LiveStage, tmp_path: Path) -> None:
    assert stage.bench is not None
    tls = stage.bench.pki.server_context("org_server")
    tls.verify_mode = ssl.CERT_REQUIRED
    body = f'{{"session": "ouverte", "access_token": "{SECRET}"}}'.encode()
    server = HttpServer(lambda _: Response(200, (("Set-Cookie", "session=tres-secret"),), body), tls)
    server.start()
    url = f"https://127.0.0.1:{server.port}/partenaires?code=mot-de-passe"
    try:
        live = [structure(stage, url).tries(certificate) for certificate in (VALID, REVOKED, FOREIGN, NONE)]
    finally:
        server.stop()
    assert [judged.entered(one) for one in live] == [True, True, False, False]
    assert [judged.refused(one) for one in live] == [False, False, True, True]
    assert [one.facts["certificat"] for one in live] == ["valide", "révoqué", "d’une autre autorité", "aucun"]
    assert live[0].tls is not None and live[1].tls is not None
    assert live[0].tls.client_sha256 != live[1].tls.client_sha256
    written = stage.exchanges(Channel.THIRD_PARTY)
    assert [one.number for one in written] == [one.number for one in live]
    kept = b"".join(path.read_bytes() for path in (tmp_path / "run").rglob("*") if path.is_file())
    assert b"tres-secret" not in kept and SECRET.encode() not in kept and b"mot-de-passe" not in kept
    again = structure(ReplayStage(VENDOR, tmp_path / "run"), url)
    replayed = [again.tries(certificate) for certificate in (VALID, REVOKED, FOREIGN, NONE)]
    assert [(one.facts, one.tls, judged.told(one)) for one in replayed] == [
        (one.facts, one.tls, judged.told(one)) for one in live
    ]
    with pytest.raises(NotRun, match="s’arrête avant"):
        again.tries(VALID)


@pytest.mark.parametrize("told", [None, "https://127.0.0.1/", {}, {"url": 12}, ["url"]])
def test_a_software_without_an_entrance_is_not_judged(stage: LiveStage, told: Any) -> None:
    with pytest.raises(NotRun, match="ie-aspm"):
        structure(stage, None, told).tries(VALID)


@pytest.mark.parametrize("url", ["nulle part", "file:///etc/hosts", "https://127.0.0.1:port/"])
def test_an_address_that_is_none_is_told(stage: LiveStage, url: str) -> None:
    with pytest.raises(NotRun, match="n’en est pas une"):
        structure(stage, None, {"url": url}).tries(NONE)


def test_every_certificate_is_the_benchs(stage: LiveStage) -> None:
    assert stage.bench is not None
    for name in CERTIFICATES.values():
        assert name is None or stage.bench.pki.pair(name).certificate.is_file()
