"""What the header of an imaging report says of the orders that it answers and of the acts that it tells of.

Source: CI-SIS, volet « Compte rendu d’imagerie » (IMG-CR-IMG 2024.01); DICOM PS3.20, 8.2.
"""

from __future__ import annotations

import re
from typing import Any

from lxml import etree

from conformance.reference_lps import imaging
from conformance.reference_lps.errors import RefusalError
from conformance.reference_lps.inputs import Body
from conformance.reference_lps.types import Bench, Draft
from conformance.reference_lps.vocabulary import LOINC, SNOMED, Coded

from .element import E, coded, el

_DICOM, _CCAM = "1.2.840.10008.2.16.4", "1.2.250.1.215.300.1"
_PS3_20 = "urn:dicom-org:ps3-20"
_ACTS = {
    "ZBQH001": (
        Coded("24627-2", LOINC, "CT thorax"),
        Coded("ZBQH001", _CCAM, "Scanographie du thorax, avec injection intraveineuse de produit de contraste"),
    ),
    "QEQK004": (Coded("24606-6", LOINC, "MG Breast Screening"), Coded("QEQK004", _CCAM, "Mammographie de dépistage")),
}
_MODALITIES = {"CT": Coded("CT", _DICOM, "Tomodensitométrie"), "MG": Coded("MG", _DICOM, "Mammographie")}
_REGIONS = {
    "67734004": Coded("67734004", SNOMED, "segment thoracique du tronc"),
    "76752008": Coded("76752008", SNOMED, "sein"),
}
_KNOWN: dict[str, Any] = {"acte": _ACTS, "modalite": _MODALITIES, "region": _REGIONS}
_OID = re.compile(r"[0-2](\.(0|[1-9]\d*))+", re.ASCII)


def read(content: Body) -> dict[str, Any]:
    """The orders answered and the acts done, as the API gives them; 400 when the LPS does not know them."""
    orders = [_order(Body(one, ("autorite", "numero"), "La demande")) for one in _listed(content, "demandes")]
    acts = [_act(Body(one, tuple(_KNOWN), "L’acte")) for one in _listed(content, "actes")]
    return {"demandes": orders, "actes": acts}


def _listed(content: Body, name: str) -> list[Any]:
    found = content.part(name)
    if not isinstance(found, list) or not 0 < len(found) <= 50:
        raise RefusalError(400, f"« {name} » doit être une liste de 1 à 50 éléments.")
    return found


def _order(one: Body) -> dict[str, str]:
    """An order that came without a number is to be given one."""
    found = {name: one.optional_text(name) or "" for name in ("autorite", "numero")}
    if bool(found["autorite"]) != bool(found["numero"]) or (
        found["autorite"] and not _OID.fullmatch(found["autorite"])
    ):
        raise RefusalError(400, "Une demande a un numéro et l’OID de l’autorité qui l’a donné, ou ni l’un ni l’autre.")
    return found


def _act(one: Body) -> dict[str, Any]:
    return {name: one.one_of(name, known) for name, known in _KNOWN.items()}


def events(draft: Draft) -> tuple[Coded, ...]:
    """The codes that the metadata repeat: acts, modalities, regions, each once."""
    acts = draft.content.get("actes", ())
    found = [
        code for act in acts for code in (*_ACTS[act["acte"]], _MODALITIES[act["modalite"]], _REGIONS[act["region"]])
    ]
    return tuple(dict.fromkeys(found))


def fulfilled(root: etree._Element, draft: Draft, bench: Bench, defects: frozenset[str]) -> None:
    """Each order that the report answers, with the request made of it."""
    pairs = imaging.answered(draft, bench)
    for order, request in pairs[:1] if "report-first-order-only" in defects else pairs:
        holder = el(el(root, "inFulfillmentOf"), "order")
        el(holder, "id", root=order.authority, extension=order.value)
        if "report-without-accession" not in defects:
            given = {"root": request.authority, "extension": request.value}
            etree.SubElement(holder, f"{{{_PS3_20}}}accessionNumber", given, nsmap={"ps3-20": _PS3_20})


def identified(event: etree._Element, act: dict[str, Any], bench: Bench) -> None:
    """The study of an act and what it was: its code, then the national act, the modality and the region."""
    el(event, "id", root=imaging.study(act, bench).value)
    main, national = _ACTS[act["acte"]]
    event.append(
        coded(
            "code",
            main,
            coded("translation", national),
            _qualified(_MODALITIES[act["modalite"]], Coded("121139", _DICOM, "Modalité d'imagerie")),
            _qualified(_REGIONS[act["region"]], Coded("39111-0", LOINC, "localisation anatomique")),
        )
    )


def _qualified(code: Coded, role: Coded) -> etree._Element:
    return coded("translation", code, E.qualifier(coded("name", role)))
