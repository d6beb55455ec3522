"""The simulated DMP misbehaving on demand."""

from __future__ import annotations

import pytest
import requests

from conformance.simulators.dmp import FAULTS
from tests.simulators.dmp_client_kit import TD02, Client, errors
from tests.simulators.dmp_lots_kit import (
    Deposit,
    existence,
)
from tests.simulators.dmp_messages_kit import OTHER, WHO

# Faults


def test_faults_by_name(client: Client) -> None:
    for name, status in (("http-500", 500), ("http-503", 503), ("soap-fault", 500)):
        client.dmp.fault(name)
        assert client.send(TD02, existence(WHO)).status_code == status
        assert client.last().facts["fault"] == name
    client.dmp.fault("closed")
    assert b"terminated" in client.send(TD02, existence(WHO)).content
    assert errors(client.deposit(Deposit())) == ["DMPClosed"]
    client.dmp.clear()
    assert errors(client.deposit(Deposit())) == []
    assert len(FAULTS) == 8


def test_reset_and_slow(client: Client) -> None:
    client.dmp.fault("reset", WHO)
    with pytest.raises(requests.exceptions.ConnectionError):
        client.deposit(Deposit())
    assert client.last().response is None and client.dmp.documents(WHO.matricule) == ()
    client.dmp.fault("slow", WHO)
    with pytest.raises(requests.exceptions.ReadTimeout):
        client.send(TD02, existence(WHO), timeout=0.7)
    assert client.last().facts["fault"] == "slow"


def test_a_fault_for_one_person(client: Client) -> None:
    client.dmp.open(OTHER)
    client.dmp.fault("http-503", OTHER)
    assert client.send(TD02, existence(WHO)).status_code == 200
    assert client.send(TD02, existence(OTHER), client.vihf(who=OTHER)).status_code == 503
    with pytest.raises(ValueError, match="http-503"):
        client.dmp.fault("http-504")
