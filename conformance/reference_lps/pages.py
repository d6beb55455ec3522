"""The few pages a browser sees: the return from Pro Santé Connect, the home page, the end of a session."""

from __future__ import annotations

import asyncio
from html import escape

from aiohttp import web

from .lps import Lps
from .psc.login import CONNECTE
from .psc.token import PscError

_COOKIE = "lps_session"
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Pages:
    """The handlers, bound to one LPS."""

    def __init__(self, lps: Lps) -> None:
        self._lps = lps

    def add_to(self, app: web.Application) -> None:
        """Register the three pages."""
        app.router.add_get("/psc/retour", self.come_back)
        app.router.add_get("/psc/fin", self.end)
        app.router.add_get("/accueil", self.home)

    async def come_back(self, request: web.Request) -> web.Response:
        """Return from the authorization page: to the home page when connected, to an error page otherwise."""
        query = dict(request.query)
        try:
            login = await asyncio.to_thread(self._lps.psc.come_back, query)
        except PscError as refused:
            return _page("Connexion refusée", str(refused), 400)
        if login.etat != CONNECTE:
            return _page("Connexion refusée", login.message, 403)
        # Where to go next never comes from the query: a return address could be anybody's.
        home = web.Response(status=302, headers={"Location": "/accueil", **_HEADERS})
        home.set_cookie(_COOKIE, login.cookie, httponly=True, samesite="Lax", path="/")
        return home

    async def home(self, request: web.Request) -> web.Response:
        """The page that only a connected user sees."""
        login = self._lps.psc.connected(request.cookies.get(_COOKIE, ""))
        if login is None or login.user is None:
            return _page("Non connecté", "Ouvrez une session avec Pro Santé Connect.", 401)
        return _page("Accueil", f"Connecté : {login.user['prenom']} {login.user['nom']}", 200)

    async def end(self, _request: web.Request) -> web.Response:
        """After the logout; Pro Santé Connect may come back without the state: it decides nothing."""
        page = _page("Session fermée", "Vous êtes déconnecté.", 200)
        page.del_cookie(_COOKIE, path="/")
        return page


def _page(title: str, sentence: str, status: int) -> web.Response:
    head = f'<head><meta charset="utf-8"><title>{escape(title)}</title></head>'
    body = f"<body><h1>{escape(title)}</h1><p>{escape(sentence)}</p></body>"
    html = f'<!doctype html><html lang="fr">{head}{body}</html>'
    # "replace": a name or an error that came through JSON may hold what UTF-8 cannot.
    content = html.encode("utf-8", "replace")
    return web.Response(body=content, status=status, content_type="text/html", charset="utf-8", headers=_HEADERS)
