"""A pack in miniature, for tests that need one without the agency's."""

from __future__ import annotations

from pathlib import Path

from conformance.validation.packs import GENERIC, Pack, open_pack

SCH = '<schema xmlns="http://purl.oclc.org/dsdl/schematron" queryBinding="xslt2">{}</schema>'
VOLETS = (
    "VAC_2023.01",
    "BIO-CR-BIO_2021.01",
    "BIO-CR-BIO_2024.01",
    "VSM_1.4_2022.01",
    "VSM_2023.01",
    "TLM-CR_2022.01",
)


def make_pack(folder: Path) -> Path:
    """Write the generic tiers, some volets and an empty folder of value sets; none of them says anything."""
    for path in (*GENERIC.values(), *(Path("schematrons", f"CI-SIS_{name}.sch") for name in VOLETS)):
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(SCH.format(""), encoding="utf-8")
    (folder / "jeuxDeValeurs").mkdir()
    return folder


def pack_of(folder: Path) -> Pack:
    pack = open_pack(folder)
    assert isinstance(pack, Pack)
    return pack
