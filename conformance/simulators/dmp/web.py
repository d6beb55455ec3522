"""TD0.9: the contextual addresses of the professionals' web access (PDT-INF-527), as far as what opens can be seen."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from urllib.parse import unquote

from conformance.simulators.dmp.registry import Registry
from conformance.simulators.http import Request, Response

TD = "TD0.9"
ROOT = "/AccesDirect/"
# Page: whether it is a patient's; the dashboard is one with an INS, and one of one's own without.
PAGES: dict[str, tuple[bool, ...]] = {
    "TableauDeBord": (False, True),
    "DossierPatient": (True,),
    "GestionDMPPatient": (True,),
    "Documents": (True,),
    "ParcoursDeSoins": (True,),
    "HistoriqueAcces": (True,),
    "Parametrages": (False,),
    "VolontesEtDroits": (True,),
    "CarnetVaccination": (True,),
}
_INS = re.compile(r"[0-9]{6}[0-9AB][0-9]{8}")
_HTML = (("Content-Type", "text/html; charset=utf-8"),)


@dataclass(frozen=True, slots=True)
class Page:
    """A page asked for: whose it is, and why it did not open, if so."""

    name: str
    matricule: str | None
    status: int
    refused: str = ""

    @property
    def response(self) -> Response:
        """What the browser shows."""
        told = self.refused or f"Accès web simulé : page {self.name}."
        body = (
            f'<!doctype html><html lang="fr"><meta charset="utf-8"><title>DMP simulé</title><p>{html.escape(told)}</p>'
        )
        return Response(self.status, _HTML, body.encode())


def serves(request: Request) -> bool:
    """Whether the request is for the web access and not for a service."""
    return request.method == "GET" and request.path.startswith(ROOT)


def opened(request: Request, registry: Registry) -> Page:
    """The page that an address opens. What asks for it (a card, Pro Santé Connect) is between browser and portal."""
    name, _, rest = unquote(request.path.removeprefix(ROOT)).partition("/")
    found = _INS.fullmatch(rest)
    matricule = found[0] if found else None
    if name not in PAGES:
        return Page(name[:40], matricule, 404, f"page « {name[:40]} » inconnue de l’accès web")
    if rest and not found:
        return Page(name, None, 400, "l’INS attendue dans l’adresse est un matricule de 15 caractères")
    if bool(rest) not in PAGES[name]:
        told = "un matricule est attendu dans l’adresse" if not rest else "cette page n’est pas celle d’un patient"
        return Page(name, matricule, 400, told)
    if matricule and not registry.holds(matricule):
        return Page(name, matricule, 404, "aucun DMP pour ce matricule")
    return Page(name, matricule, 200)
