"""The bench: the PKI and the services started together, and the file that tells where they are."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self

from conformance.journal import Journal
from conformance.simulators.annuaire import Annuaire
from conformance.simulators.insi import Insi
from conformance.simulators.kept import FolderInUseError, alone, former_credentials, new_credentials
from conformance.simulators.mss.autoconfig import Autoconfig
from conformance.simulators.naming import known
from conformance.simulators.pam import Pam
from conformance.simulators.people import DOMAIN, ORGANISATION, PROFESSIONAL, THIRD_PARTY
from conformance.simulators.pki import Pki
from conformance.simulators.pki.content import CRL_PATH, OCSP_PATH, OPERATOR, OWN_SERVER, RANKS
from conformance.simulators.pki.files import write_private
from conformance.simulators.pki.revocation import told_port
from conformance.simulators.pmi import SERVICES
from conformance.simulators.psc import Psc
from conformance.simulators.revocation import Revocation

if TYPE_CHECKING:
    from conformance.simulators.dmp import Dmp
    from conformance.simulators.mss import Mss

PORTS = ("insi", "dmp", "psc", "wallet", "mss", "annuaire", "imap", "autoconfig", "revocation", "hl7", "hl7s")
_PAIRS = ("org_auth", "org_sign", "cps_auth", "cps_sign", *RANKS, OWN_SERVER)

_DECLARED = ("third_auth", "third_revoked")
"""What a software that holds its partners' certificates is to be told of: a revoked one was good once."""


class Service(Protocol):
    """What the bench asks of a simulator: ``start`` returns once it serves."""

    def start(self) -> None:
        """Serve."""
        ...

    def stop(self) -> None:
        """Stop serving."""
        ...


class Bench:
    """Everything the software under test talks to, on loopback.

    ``ports`` fixes those that must not be drawn, by name of PORTS; ``redirect_uris`` are the addresses
    registered at Pro Santé Connect, None for any loopback one. With ``keep``, the certificates and credentials found
    in ``folder`` serve again: a software configured for them need not be told anything at the next run. ``with
    Bench(folder, journal) as bench:`` starts and stops it.
    """

    def __init__(
        self,
        folder: Path,
        journal: Journal,
        host: str = "127.0.0.1",
        ports: Mapping[str, int] | None = None,
        redirect_uris: Sequence[str] | None = None,
        keep: bool = False,
    ) -> None:
        from conformance.simulators.dmp import Dmp
        from conformance.simulators.mss import Mss

        at = dict.fromkeys(PORTS, 0)
        for name, port in (ports or {}).items():
            at[known(name, PORTS, "port du banc")] = port
        self.folder, self.keep = folder, keep
        former = former_credentials(self.file) if keep else None
        self._renewed = former is None
        self._credentials = former or new_credentials()
        self.boxes = mailboxes(self._credentials.mailbox)
        self.pki = Pki(folder / "pki", ORGANISATION, PROFESSIONAL)
        client = self._credentials.client
        self.psc = Psc(journal, self.pki, host, (at["psc"], at["wallet"]), redirect_uris, client=client)
        self.insi = Insi(journal, self.pki, host, at["insi"])
        self.dmp: Dmp = Dmp(journal, self.pki, host, at["dmp"])
        self.mss: Mss = Mss(journal, self.pki, host, at["mss"], self.boxes, self.psc.accepts, imap_port=at["imap"])
        self.autoconfig = Autoconfig(journal, self.mss, host, at["autoconfig"])
        self.revocation = Revocation(journal, self.pki, host, at["revocation"])
        key = self._credentials.directory
        self.annuaire = Annuaire(journal, self.pki, host, at["annuaire"], key)
        self.pam = Pam(journal, self.pki, host, at["hl7"], at["hl7s"])
        self._running = ExitStack()

    @property
    def file(self) -> Path:
        """The bench.json handed to the software under test."""
        return self.folder / "bench.json"

    def start(self) -> None:
        """Make the PKI, start every service, write bench.json; all stop when one cannot start.

        Raises OSError when a port or the folder cannot be had, FolderInUseError when another bench uses a kept one.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        services: tuple[Service, ...] = (
            self.psc,
            self.insi,
            self.dmp,
            self.mss,
            self.autoconfig,
            self.annuaire,
            self.pam,
        )
        with ExitStack() as started:
            if self.keep:
                started.enter_context(alone(self.folder))
                self._settle_in()
            self._tell_revocation()
            started.callback(self.revocation.stop)
            self.pki.create(self.keep)
            for service in services:
                service.start()
                started.callback(service.stop)
            self._write_file()
            self._running = started.pop_all()

    def _tell_revocation(self) -> None:
        """Open the place that the certificates name. Kept ones name a port: it is taken again, if it is free."""
        if self.keep and self.revocation.port == 0 and (former := told_port(self.pki)):
            try:
                self.revocation.start_at(former)
            except OSError:
                self.revocation.start_at(0)
        else:
            self.revocation.start()
        self.pki.revocation = self.revocation.url

    def _settle_in(self) -> None:
        """Once alone in a kept folder: what was read there before must still hold, and no key may be committed."""
        if former_credentials(self.file) not in (None, self._credentials):
            raise FolderInUseError(f"un autre banc vient de se servir du dossier {self.folder} : relancez celui-ci")
        (self.folder / ".gitignore").write_text("*\n", encoding="utf-8")

    def _write_file(self) -> None:
        content = (json.dumps(self.data(), ensure_ascii=False, indent=2) + "\n").encode()
        # A software may be watching it: it is not touched when it says the same.
        if not (self.file.is_file() and self.file.read_bytes() == content):
            write_private(self.file, content)

    def stop(self) -> None:
        """Stop every service; bench.json and the PKI stay, for whoever reads the run."""
        self._running.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def data(self) -> dict[str, Any]:
        """The content of bench.json; paths are relative to it."""
        return {
            "version": 1,
            "organisation": self.pki.organisation.data,
            "professionnel": self.pki.professional.data,
            "confiance": self._relative(self.pki.trust),
            "certificats": {name: self._pair(name) for name in _PAIRS},
            "insi": {"url": self.insi.url},
            "dmp": {"url": self.dmp.url, "web": self.dmp.web},
            "psc": {
                "decouverte": self.psc.discovery,
                "client_id": self.psc.client.id,
                "client_secret": self.psc.client.secret,
                "jeton_api": self.psc.api_token,
            },
            "fournisseur": {
                "decouverte": self.psc.plain_discovery,
                "client_id": self.psc.client.id,
                "client_secret": self.psc.client.secret,
            },
            "mss": {
                "hote": self.mss.host,
                "port": self.mss.port,
                "port_imap": self.mss.imap_port,
                "autoconfiguration": self.autoconfig.url,
                "domaine": OPERATOR,
                "boites": self.boxes,
            },
            "annuaire_pmi": [one.data for one in SERVICES.values()],
            "annuaire": {
                "extraction": self.annuaire.extraction_url,
                "fhir": self.annuaire.fhir_url,
                "cle": self.annuaire.key,
            },
            "hl7": {
                "hote": self.pam.host,
                "port": self.pam.port,
                "port_tls": self.pam.tls_port,
                "application": "BANC",
                "domaine": DOMAIN.data,
            },
            "structure_tierce": {
                **THIRD_PARTY.data,
                "certificats": [self._relative(self.pki.pair(name).certificate) for name in _DECLARED],
            },
            "revocation": {"crl": self.revocation.url + CRL_PATH, "ocsp": self.revocation.url + OCSP_PATH},
        }

    @property
    def memory(self) -> dict[str, str]:
        """What a kept bench kept and what it had to renew, in French, once started; empty for one that is not kept."""
        if not self.keep:
            return {}
        credentials = "neufs" if self._renewed else "gardés"
        return {"dossier": str(self.folder), "certificats": self.pki.origin, "identifiants": credentials}

    def describe(self) -> list[dict[str, str]]:
        """The services and where they are, for the report."""
        endpoints = {
            "Pro Santé Connect (émetteur)": self.psc.issuer,
            "Pro Santé Connect (portail)": self.psc.wallet,
            "Téléservice INSi": self.insi.url,
            "DMP": self.dmp.url,
            "Opérateur MSSanté (envoi)": f"smtp://{self.mss.host}:{self.mss.port}",
            "Opérateur MSSanté (réception)": f"imap://{self.mss.host}:{self.mss.imap_port}",
            "Opérateur MSSanté (autoconfiguration)": self.autoconfig.url,
            "Révocation des certificats": self.revocation.url,
            "Annuaire Santé (extraction)": self.annuaire.extraction_url,
            "Annuaire Santé (FHIR)": self.annuaire.fhir_url,
            "Référentiel d’identités (HL7 v2)": f"mllp://{self.pam.host}:{self.pam.port}",
        }
        return [{"name": name, "endpoint": endpoint} for name, endpoint in endpoints.items()]

    def _pair(self, name: str) -> dict[str, str]:
        pair = self.pki.pair(name)
        owner = {"rpps": RANKS[name]} if name in RANKS else {}
        return {"certificat": self._relative(pair.certificate), "cle": self._relative(pair.key), **owner}

    def _relative(self, path: Path) -> str:
        return path.relative_to(self.folder).as_posix()


def mailboxes(password: str) -> dict[str, dict[str, str]]:
    """The operator's boxes, as bench.json gives them; ``password`` opens the personal one."""
    who, where = PROFESSIONAL, ORGANISATION
    return {
        "personnelle": {
            "adresse": f"{who.prenom}.{who.nom}@{OPERATOR}".lower(),
            "libelle": f"{who.titre}_{who.prenom}_{who.nom}_{where.nom}",
            "authentification": "XOAUTH2",
            "mot_de_passe": password,
        },
        "organisationnelle": {
            "adresse": f"secretariat@{OPERATOR}",
            "libelle": f"Secretariat_{where.nom}",
            "authentification": "XOAUTH2",
        },
        "nominative": {
            "adresse": f"{who.prenom}.{who.nom}.scm@{OPERATOR}".lower(),
            "libelle": f"{who.titre}_{who.prenom}_{who.nom}_SCM",
            "authentification": "CERTIFICAT",
            "certificats": "RPPS-rang",
        },
        "applicative": {
            "adresse": f"envois@{OPERATOR}",
            "libelle": where.nom,
            "adresse_retour": f"secretariat@{OPERATOR}",
            "authentification": "CERTIFICAT",
        },
    }
