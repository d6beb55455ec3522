"""Which volet judges a document: nothing in the pack says it, so that it is chosen by the template that the document declares.

What cannot be chosen for sure is said, never guessed.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from conformance.model.finding import Finding, Severity
from conformance.validation.gate import Document
from conformance.validation.packs import PREFIX, SOURCE, Pack

_BRANCH = "1.2.250.1.213.1.1.1."
_DECLARED = re.compile(rb"""templateId\b[^<>]*?\broot\s*=\s*["']1\.2\.250\.1\.213\.1\.1\.1\.\d[^<>]*""")
# The template of each volet below the agency's branch, as the sample documents declare it, and the name of its schemas.
_FAMILIES = {
    "40": "ANEST-CR-ANEST", "41": "ANEST-CR-CPA", "15": "AVC-AUNV", "16": "AVC-EUNV", "25": "AVC-PAVC",
    "17": "AVC-SUNV", "55": "BIO-CR-BIO", "59": "BIO-TROD", "32": "CANCER-CR-GM", "28": "CANCER-D2LM-FIDD",
    "27": "CANCER-D2LM-FIN", "8": "CANCER-FRCP", "26": "CANCER-PPS", "2.1.1": "CARD-F-PRC-AVK",
    "2.1.3": "CARD-F-PRC-DCI", "2.1.5": "CARD-F-PRC-PPV", "2.1.4": "CARD-F-PRC-PSC", "2.1.2": "CARD-F-PRC-TAP",
    "36": "CNAM-HR", "5.3": "CSE-CS24", "5.1": "CSE-CS8", "5.2": "CSE-CS9", "5.4": "CSE-MDE", "22": "DLU-EHPAD-DLU",
    "24": "DLU-EHPAD-FLUDR", "23": "DLU-EHPAD-FLUDT", "54": "eDISP-MED", "39": "EP-MED-DM", "45": "IMG-CR-IMG",
    "47": "IMG-DA-IMG", "51": "IPS-FR", "21": "LDL-EES", "29": "LDL-SES", "12.1": "OBP-SAP", "12.4": "OBP-SCM",
    "12.5": "OBP-SEM", "12.3": "OBP-SNE", "12.2": "OBP-SNM", "42": "OPH-BRE", "18": "OPH-CR-RTN", "30": "SDM-MR",
    "38": "TLM-DA", "46": "VAC-NOTE", "37": "VAC", "13": "VSM",
}  # fmt: skip
# Templates whose extension is not the version in the name of the schema.
_EXCEPTIONS = {("55", None): "BIO-CR-BIO_2021.01", ("13", "201310"): "VSM_1.4_2022.01"}
# This volet declares the template of any unstructured document, and judges some: its code tells it.
_BY_CODE = {"85208-7": "TLM-CR_2022.01"}


@dataclass(frozen=True, slots=True)
class Choice:
    """The volet that judges a document, by name (``VAC_2023.01``), or None; ``remarks`` say why, or what was assumed.

    ``wanted``: whether a volet should have judged it, so that None means « not verified » and not « not applicable ».
    """

    volet: str | None
    wanted: bool
    remarks: tuple[Finding, ...] = ()


def choose(pack: Pack, document: Document, volet: str | None = None) -> Choice:
    """The volet that judges a document; ``volet`` imposes one, in any of the forms of :func:`name_of`."""
    if volet is not None:
        return _imposed(pack, document, volet)
    code = document.first("code")
    name = _BY_CODE.get("" if code is None else code.get("code", ""))
    if name in pack.volets:
        return Choice(name, wanted=True)
    if document.first("component/nonXMLBody") is not None:
        return Choice(None, wanted=False)
    declared = [(each.get("root", ""), each.get("extension")) for each in document.all("templateId")]
    for root, extension in reversed(declared):
        family = root.removeprefix(_BRANCH)
        if root.startswith(_BRANCH) and family in _FAMILIES:
            return _of_family(pack, document, family, extension)
    shown = ", ".join(root if extension is None else f"{root}^{extension}" for root, extension in declared)
    return _unknown(document, "Aucun templateId du document n’est celui d’un volet connu.", shown or "aucun templateId")


def likely(head: bytes) -> str | None:
    """What sets the documents of a volet apart, seen from their first bytes unparsed; None when nothing does.

    For sharing documents between processes, never for judging them.
    """
    found = _DECLARED.search(head)
    return None if found is None else " ".join(found.group().decode("ascii", "replace").split())


def _of_family(pack: Pack, document: Document, family: str, extension: str | None) -> Choice:
    name = _EXCEPTIONS.get((family, extension)) or f"{_FAMILIES[family]}_{extension}"
    if name in pack.volets:
        return Choice(name, wanted=True, remarks=tuple(_versionless(pack, document, family, extension, name)))
    others = _versions(pack, family)
    said = f"Le document déclare le volet {_FAMILIES[family]}, dans une version que le pack ne connaît pas."
    return _unknown(document, said, f"{_BRANCH}{family}^{extension}", ", ".join(others))


def _versionless(pack: Pack, document: Document, family: str, extension: str | None, name: str) -> Iterator[Finding]:
    others = [each for each in _versions(pack, family) if each != name]
    if extension is None and others:
        yield Finding(
            "volet.assumed",
            f"Le templateId du volet n’a pas de version : le document est jugé par {name}.",
            Severity.WARNING,
            document.where(document.first("templateId")),
            observed=f"{_BRANCH}{family}, sans extension",
            fix=f"Écrire la version du volet dans l’extension, ou imposer le volet parmi : {', '.join(others)}.",
            source=SOURCE,
        )


def _versions(pack: Pack, family: str) -> list[str]:
    return [name for name in pack.volets if name.rpartition("_")[0] in (_FAMILIES[family], f"{_FAMILIES[family]}_1.4")]


def name_of(pack: Pack, volet: str) -> str | None:
    """The volet of the pack that is asked for, None for one that it does not have.

    By its name, with or without ``CI-SIS_`` and ``.sch`` (``VAC_2023.01``), or by its template, root then extension
    (``1.2.250.1.213.1.1.1.37^2023.01``, also written with ``|`` or ``/``).
    """
    root, extension = _template(volet)
    family = root.removeprefix(_BRANCH)
    if root != family and family in _FAMILIES:
        name = _EXCEPTIONS.get((family, extension)) or f"{_FAMILIES[family]}_{extension}"
    else:
        name = volet.strip().removesuffix(".sch").removeprefix(PREFIX)
    return next((each for each in pack.volets if each.casefold() == name.casefold()), None)


def _template(written: str) -> tuple[str, str | None]:
    root, mark, extension = re.sub(r"[|^/]", "^", written.strip(), count=1).partition("^")
    return root, extension if mark else None


def near(pack: Pack, volet: str) -> list[str]:
    """The names of the volets that look like the one asked for, closest first."""
    family = _template(volet)[0].removeprefix(_BRANCH)
    if family in _FAMILIES:
        return _versions(pack, family)
    known = {name.casefold(): name for name in pack.volets}
    asked = volet.strip().removesuffix(".sch").removeprefix(PREFIX).casefold()
    within = [name for folded, name in known.items() if asked and asked in folded]
    return [known[each] for each in difflib.get_close_matches(asked, known, n=3)] or within[:5]


def _imposed(pack: Pack, document: Document, volet: str) -> Choice:
    name = name_of(pack, volet)
    if name is not None:
        return Choice(name, wanted=True)
    said = f"Le volet demandé, « {volet} », n’est pas dans le pack."
    return _unknown(document, said, volet, ", ".join(near(pack, volet)))


def _unknown(document: Document, said: str, observed: str, expected: str = "") -> Choice:
    finding = Finding(
        "volet.unknown",
        f"{said} Les règles propres au volet ne sont pas vérifiées.",
        Severity.WARNING,
        document.where(document.first("templateId")),
        expected=expected or None,
        observed=observed,
        fix="Déclarer le templateId du volet (racine et extension), ou imposer le volet à vérifier.",
        source=SOURCE,
    )
    return Choice(None, wanted=True, remarks=(finding,))
