"""What a suite may ask for. Each fixture gives something to look at, or raises NotRun."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from conformance.drivers.browser import Browser
from conformance.drivers.directory import Directory
from conformance.drivers.dossier import Dossier
from conformance.drivers.hl7 import Hl7Service
from conformance.drivers.laboratory import Laboratory
from conformance.drivers.logins import Logins
from conformance.drivers.mailbox import Mailbox
from conformance.drivers.people import People
from conformance.drivers.produced import Produced
from conformance.drivers.services import DmpService, InsiService, MssService, PscService
from conformance.drivers.software import Software
from conformance.drivers.stage import AnyStage
from conformance.drivers.third_party import ThirdParty
from conformance.model.plan import Plan, Planned
from conformance.model.vendor import Software as Product
from conformance.recorder import Recorder


@dataclass
class Running:
    """The run in progress in this process: its plan, its seed, the stage it plays on and what it writes to."""

    plan: Plan
    seed: int
    stage: AnyStage
    recorder: Recorder
    planned: Planned | None = field(default=None)


RUN: pytest.StashKey[Running] = pytest.StashKey()


@pytest.fixture
def running(request: pytest.FixtureRequest) -> Running:
    """The run in progress."""
    return request.config.stash[RUN]


@pytest.fixture
def stage(running: Running) -> AnyStage:
    """The software, the bench around it and the journal."""
    return running.stage


@pytest.fixture
def planned(running: Running) -> Planned:
    """The scenario being played, with its requirement."""
    assert running.planned is not None
    return running.planned


@pytest.fixture
def product(running: Running) -> Product:
    """What the vendor says of its software: name, version, day it came out."""
    return running.plan.vendor.software


@pytest.fixture
def people(running: Running) -> People:
    """Invented people for this scenario."""
    return People(running.seed, running.stage.scenario or "", running.recorder)


@pytest.fixture(scope="session")
def dossier(request: pytest.FixtureRequest) -> Dossier | None:
    """The folder of proofs, None when the vendor gives none."""
    return request.config.stash[RUN].stage.dossier()


@pytest.fixture
def insi(stage: AnyStage) -> InsiService:
    """The INSi teleservice."""
    return InsiService(stage)


@pytest.fixture
def dmp(stage: AnyStage) -> DmpService:
    """The DMP."""
    return DmpService(stage)


@pytest.fixture
def mss(stage: AnyStage) -> Iterator[MssService]:
    """The MSSanté operator, sound again afterwards."""
    service = MssService(stage)
    yield service
    service.clear()


@pytest.fixture
def directory(running: Running, stage: AnyStage, software: Software) -> Iterator[Directory]:
    """The Annuaire Santé, sound again afterwards."""
    service = Directory(stage, software, running.seed, running.recorder)
    yield service
    service.close()


@pytest.fixture
def laboratory(software: Software) -> Laboratory:
    """A laboratory that sends reports by mail."""
    return Laboratory(software)


@pytest.fixture
def psc(stage: AnyStage) -> Iterator[PscService]:
    """Pro Santé Connect, sound again afterwards."""
    service = PscService(stage)
    yield service
    service.mutate(None)
    service.live()


@pytest.fixture
def browser(stage: AnyStage) -> Iterator[Browser]:
    """A user agent for the browser leg of a login."""
    agent = Browser(stage)
    yield agent
    agent.close()


@pytest.fixture
def logins(stage: AnyStage, software: Software, psc: PscService, browser: Browser) -> Iterator[Logins]:
    """Logins by Pro Santé Connect or by the structure's provider; those left open are closed afterwards."""
    opened = Logins(stage, software, psc, browser)
    yield opened
    opened.close_all()


@pytest.fixture
def mailbox(running: Running, stage: AnyStage, software: Software, logins: Logins) -> Iterator[Mailbox]:
    """The boxes of the software, the operator sound again afterwards."""
    opened = Mailbox(stage, software, logins, running.plan)
    yield opened
    opened.clear()


@pytest.fixture
def produced(stage: AnyStage, software: Software, people: People) -> Produced:
    """The documents to be judged, made or handed in."""
    return Produced(stage, software, people.one())


@pytest.fixture
def software(running: Running, stage: AnyStage, insi: InsiService) -> Software:
    """The software under test."""
    return Software(stage, insi, running.plan.profile.documents)


@pytest.fixture
def hl7(running: Running, stage: AnyStage, software: Software) -> Hl7Service:
    """The identity neighbour, over HL7 v2."""
    return Hl7Service(stage, software, running.plan.vendor.driver.hl7)


@pytest.fixture
def third_party(running: Running, stage: AnyStage, software: Software) -> ThirdParty:
    """A third-party structure that would open a connection to the software."""
    return ThirdParty(stage, software, running.plan.vendor.driver.third_party)
