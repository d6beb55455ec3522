"""Which volet of the CI-SIS a structured document follows, and what it asks of the header."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from lxml import etree

from conformance.reference_lps.types import Bench, Draft, Patient
from conformance.reference_lps.vocabulary import LOINC, SNOMED, Coded

Sections = Callable[[Draft, Patient, Bench, bytes, frozenset[str]], Sequence[Any]]
"""The sections of the body, from what the draft holds; the bytes are those of the PDF."""


@dataclass(frozen=True)
class Volet:
    """``templates`` are root and extension; ``title`` is the one that the volet imposes, empty when it leaves it free.

    ``act`` is the code of the main act, ``laboratory`` asks for what a laboratory adds to it, ``attended`` for the
    patient's own doctor, ``born`` for the mother and the address of the practice. ``sheet`` writes the document with its own style sheet.
    """

    templates: tuple[tuple[str, str], ...]
    sections: Sections
    format: Coded
    title: str = ""
    act: Coded | None = None
    laboratory: bool = False
    attended: bool = False
    born: bool = False
    sheet: Callable[[etree._Element, Draft, frozenset[str]], bytes] | None = None


def volet_of(draft: Draft) -> Volet | None:
    """The volet of a structured document; None for a level 1. KeyError for a type that the LPS cannot structure."""
    if not draft.structured:
        return None
    return _VOLETS[draft.type_code](draft)


def can_structure(type_code: str) -> bool:
    """Whether the LPS writes that type of document at level 3."""
    return type_code in _VOLETS


def _biology(_draft: Draft) -> Volet:
    from . import biology
    from . import sheet as cda_sheet

    return Volet(
        (("1.3.6.1.4.1.19376.1.3.3", ""), ("1.2.250.1.213.1.1.1.55", "2024.01")),
        biology.sections,
        Coded("urn:ihe:lab:xd-lab:2008", "1.3.6.1.4.1.19376.1.2.3", "Compte rendu d'examens biologiques"),
        title="Compte rendu d'examens biologiques",
        act=Coded("18719-5", LOINC, "Biochimie"),
        laboratory=True,
        sheet=cda_sheet.self_presenting,
    )


def _summary(_draft: Draft) -> Volet:
    from . import sheet as cda_sheet
    from . import summary

    return Volet(
        (("1.2.250.1.213.1.1.1.13", "201310"),),
        summary.sections,
        Coded("urn:asip:ci-sis:vsm:2012", "1.2.250.1.213.1.1.1.13", "Synthèse médicale"),
        act=Coded("34117-2", LOINC, "Historique et clinique"),
        attended=True,
        sheet=cda_sheet.self_presenting,
    )


def _vaccine(_draft: Draft) -> Volet:
    from . import vaccine

    return Volet(
        (("1.3.6.1.4.1.19376.1.5.3.1.1.18.1.2", ""), ("1.2.250.1.213.1.1.1.46", "2023.01")),
        vaccine.sections,
        Coded("urn:ihe:pcc:ic:2009", "1.3.6.1.4.1.19376.1.2.3", "Note de vaccination"),
        act=Coded("34117-2", LOINC, "Historique et clinique"),
    )


def _certificate(draft: Draft) -> Volet:
    from . import birth, certificate

    kind = draft.content["certificat"]
    # The value set of format codes is not at hand: this is the one for models that no profile names.
    rank = {"CS8": "1", "CS9": "2", "CS24": "3"}[kind]
    born = kind == "CS8"
    summary = (("1.3.6.1.4.1.19376.1.7.3.1.1.13.1", ""),) if born else ()
    own = f"1.2.250.1.213.1.1.1.5.{rank}"
    return Volet(
        (*summary, ("1.2.250.1.213.1.1.1.5", ""), (own, "2025.01")),
        birth.sections if born else certificate.sections,
        Coded("urn:asipSante:modelesHorsProfils:2011", "1.2.250.1.213.1.1.4.2.282", "Modèle hors profils"),
        act=Coded("11429006", SNOMED, "consultation"),
        born=born,
    )


def _order(_draft: Draft) -> Volet:
    from . import order

    return Volet(
        (("1.2.840.10008.9.20", ""), ("1.2.250.1.213.1.1.1.47", "2024.01")),
        order.sections,
        Coded("urn:ans:ci-sis:img-da:2022", "1.2.250.1.213.1.1.4.2.282", "Demande d'actes d'imagerie"),
        act=Coded("55115-0", LOINC, "Demande d'actes d'imagerie"),
    )


_VOLETS: dict[str, Callable[[Draft], Volet]] = {
    "11502-2": _biology,
    "55115-0": _order,
    "SYNTH": _summary,
    "87273-9": _vaccine,
    "CERT_DECL": _certificate,
}
