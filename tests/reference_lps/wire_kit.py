"""What the tests of the reference LPS's documents and clients share: a throw-away PKI, a bench, a patient, a draft."""

from __future__ import annotations

import datetime as dt
import ipaddress
import json
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from office_kit import CABINET, DOCTOR

from conformance.reference_lps.types import Bench, Draft, Patient

MATRICULE = "279035121518989"
OID = "1.2.250.1.213.1.4.10"
PATIENT = Patient(
    id="pat-1",
    statut="QUALIFIEE",
    nom_naissance="PAT-TROIS",
    prenoms="DOMINIQUE MARIE-LOUISE",
    premier_prenom="DOMINIQUE",
    nom_utilise="PAT-DEUX",
    prenom_utilise="MARIE",
    date_naissance="1979-03-28",
    sexe="F",
    lieu_naissance="51215",
    matricule=MATRICULE,
    oid=OID,
)
DRAFT = Draft(
    id="doc-1",
    type_code="57833-6",
    title="Prescription de médicaments",
    text="Paracétamol 1 g\nUn comprimé matin & soir <5 jours>",
    written_at="2026-01-02T23:30:00+01:00",
)
_NOW = dt.datetime.now(dt.UTC)


class Authority:
    """A certification authority that lives as long as a test module; every certificate shares one key pair."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._own = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "AC DE TEST")])
        builder = self._builder(self._name, self._own.public_key(), _NOW + dt.timedelta(days=2))
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        certificate = builder.sign(self._own, hashes.SHA256())
        self.path = folder / "ac.pem"
        self.path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def issue(self, name: str, *, expired: bool = False) -> tuple[Path, Path]:
        """Certificate for 127.0.0.1 and its key, as PEM files."""
        subject = x509.Name(
            [
                x509.NameAttribute(NameOID.COUNTRY_NAME, "FR"),
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Cabinet, de test"),
                x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "499900000000001"),
                x509.NameAttribute(NameOID.COMMON_NAME, name),
            ]
        )
        end = _NOW + dt.timedelta(days=-1 if expired else 2)
        builder = self._builder(subject, self._key.public_key(), end).add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        pem = builder.sign(self._own, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        certificate, key = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        certificate.write_bytes(pem)
        key.write_bytes(
            self._key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return certificate, key

    def _builder(self, subject: x509.Name, key: rsa.RSAPublicKey, end: dt.datetime) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(_NOW - dt.timedelta(days=3))
            .not_valid_after(end)
        )


def make_bench(authority: Authority, *, mss_port: int = 1, dmp_port: int = 1) -> Bench:
    """A bench whose services answer on the loopback; written to a file and read back as the LPS does."""
    pairs = {name: authority.issue(name) for name in ("org_auth", "org_sign")}
    raw = {
        "version": 1,
        "organisation": CABINET,
        "professionnel": DOCTOR,
        "confiance": authority.path.name,
        "certificats": {n: {"certificat": c.name, "cle": k.name} for n, (c, k) in pairs.items()},
        "dmp": {"url": f"https://127.0.0.1:{dmp_port}/si-dmp-server/v2/services"},
        "mss": {
            "hote": "127.0.0.1",
            "port": mss_port,
            "domaine": "operateur.mssante.test",
            "boites": {
                "personnelle": {
                    "adresse": "camille.exemple@operateur.mssante.test",
                    "libelle": "Dr_Camille_EXEMPLE_Cabinet des Tilleuls",
                    "mot_de_passe": "secret-de-test",
                },
                "applicative": {
                    "adresse": "envois@operateur.mssante.test",
                    "libelle": "Cabinet des Tilleuls",
                    "adresse_retour": "secretariat@operateur.mssante.test",
                },
            },
        },
    }
    path = authority.folder / "bench.json"
    path.write_text(json.dumps(raw), encoding="utf-8")
    return Bench.read(path)
