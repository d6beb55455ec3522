"""The settings of an operator, from the address of a box (Mozilla's ``clientConfig``, MSS/CONF.04)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from lxml import etree

from conformance.reference_lps import wire
from conformance.reference_lps.types import Bench

from .imap import BoxError


@dataclass(frozen=True)
class Place:
    """Where a service of the operator is."""

    host: str
    port: int


@dataclass(frozen=True)
class Settings:
    """Where mails are sent and read."""

    smtp: Place
    imap: Place

    @property
    def data(self) -> dict[str, Any]:
        """As it is kept."""
        return asdict(self)

    @classmethod
    def read(cls, data: dict[str, Any]) -> Settings:
        """What ``data`` gave."""
        return cls(Place(**data["smtp"]), Place(**data["imap"]))

    @classmethod
    def of(cls, bench: Bench) -> Settings:
        """Those that were typed in when the software was installed."""
        mss = bench.raw["mss"]
        return cls(Place(mss["hote"], int(mss["port"])), Place(mss["hote"], int(mss.get("port_imap", 0))))


def fetch(bench: Bench, address: str) -> Settings:
    """The settings that the operator of that address publishes. Raises BoxError."""
    domain = address.rpartition("@")[2]
    # https://autoconfig.<domain>/mail/config-v1.1.xml: bench.json says where that page of the domain is played.
    published = bench.raw["mss"].get("autoconfiguration")
    if published is None or domain != bench.raw["mss"]["domaine"]:
        raise BoxError(f"Le domaine {domain} ne publie pas de fichier d’autoconfiguration.")
    try:
        with wire.session(bench) as client:
            heard = wire.call(client, "GET", str(published))
    except wire.WireError as failure:
        raise BoxError(str(failure)) from failure
    if heard.status != 200:
        raise BoxError(f"Le fichier d’autoconfiguration n’est pas servi (statut HTTP {heard.status}).")
    try:
        root = etree.fromstring(heard.body, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
        provider = root.find("emailProvider")
        if provider is None or domain not in [node.text for node in provider.findall("domain")]:
            raise BoxError("Le fichier d’autoconfiguration ne parle pas de ce domaine.")
        return Settings(
            _place(provider, "outgoingServer[@type='smtp']"), _place(provider, "incomingServer[@type='imap']")
        )
    except (etree.XMLSyntaxError, ValueError):
        raise BoxError("Le fichier d’autoconfiguration est illisible.") from None


def _place(provider: etree._Element, path: str) -> Place:
    for server in provider.findall(path):
        host, port = server.findtext("hostname", "").strip(), server.findtext("port", "").strip()
        if server.findtext("socketType") == "STARTTLS" and host and port.isdigit():
            return Place(host, int(port))
    raise ValueError(path)
