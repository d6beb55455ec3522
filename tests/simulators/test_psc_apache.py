"""Apache's mod_auth_openidc, which shares no code with us, logs in at the simulated providers."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from conformance.journal import Journal
from conformance.simulators.pki import Pki
from conformance.simulators.psc import Psc
from tests.simulators.psc_kit import form_of, seen

MODULES = Path("/usr/lib/apache2/modules")
NEEDED = ("mpm_event", "authn_core", "authz_core", "authz_user", "auth_openidc", "dir")
APACHE = shutil.which("apache2", path="/usr/sbin:/usr/bin:/sbin:/bin")

pytestmark = pytest.mark.skipif(
    sys.platform == "win32" or APACHE is None or not all((MODULES / f"mod_{name}.so").is_file() for name in NEEDED),
    reason="ni Apache ni mod_auth_openidc sur cette machine (paquets apache2 et libapache2-mod-auth-openidc)",
)

CONF = """ServerName 127.0.0.1
ServerRoot {folder}
Listen 127.0.0.1:{port}
PidFile {folder}/httpd.pid
DefaultRuntimeDir {folder}
ErrorLog {folder}/error.log
LogLevel warn
{modules}
DocumentRoot {folder}/www
DirectoryIndex index.html
OIDCProviderMetadataURL {discovery}
OIDCClientID {client}
OIDCClientSecret {secret}
OIDCRedirectURI http://127.0.0.1:{port}/psc/retour
OIDCCryptoPassphrase une-phrase-pour-ce-seul-essai
OIDCCABundlePath {trust}
OIDCScope "openid {scope}"
OIDCAuthRequestParams acr_values=eidas1
OIDCPKCEMethod S256
OIDCProviderTokenEndpointAuth client_secret_basic
OIDCRemoteUserClaim {claim}
OIDCInfoHook userinfo id_token
OIDCDefaultLoggedOutURL http://127.0.0.1:{port}/psc/fin
<Location />
  AuthType openid-connect
  Require valid-user
</Location>
<Location /psc/fin>
  Require all granted
</Location>
"""


class Apache:
    """A web server that asks whoever comes to log in."""

    def __init__(self, folder: Path, trust: Path, psc: Psc, discovery: str, scope: str, claim: str) -> None:
        (folder / "www" / "psc").mkdir(parents=True)
        (folder / "www" / "index.html").write_text("page gardée", encoding="utf-8")
        (folder / "www" / "psc" / "fin").write_text("au revoir", encoding="utf-8")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url, self.log, self.conf = f"http://127.0.0.1:{port}/", folder / "error.log", folder / "httpd.conf"
        modules = "\n".join(f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in NEEDED)
        values = {"client": psc.client.id, "secret": psc.client.secret, "discovery": discovery, "trust": trust}
        values |= {"folder": folder, "port": port, "modules": modules, "scope": scope, "claim": claim}
        self.conf.write_text(CONF.format(**values), encoding="utf-8")
        self.browser = requests.Session()
        self.browser.trust_env, self.browser.verify = False, str(trust)

    def run(self) -> subprocess.Popen[bytes]:
        command = [str(APACHE), "-X", "-f", str(self.conf)]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        for _ in range(100):
            assert process.poll() is None, (process.stderr and process.stderr.read(), self.errors())
            try:
                requests.get(f"{self.url}psc/fin", timeout=1)
                return process
            except requests.ConnectionError:
                time.sleep(0.05)
        raise AssertionError(self.errors())

    def errors(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace") if self.log.is_file() else ""

    def log_in(self) -> requests.Response:
        """Ask for the page, fill the login form in, come back."""
        page = self.browser.get(self.url, timeout=10)
        form: Any = form_of(page)
        return self.browser.post(form.action, dict(form.form_values()), timeout=10)

    def info(self) -> dict[str, Any]:
        answer = self.browser.get(f"{self.url}psc/retour?info=json", timeout=10)
        assert answer.status_code == 200, self.errors()
        return dict(answer.json())


@pytest.fixture
def live_psc(journal: Journal, pki: Pki) -> Iterator[Psc]:
    """Pro Santé Connect on the machine's clock, which Apache's is."""
    psc = Psc(journal, pki)
    psc.start()
    yield psc
    psc.stop()


def started(apache: Apache) -> Iterator[Apache]:
    process = apache.run()
    yield apache
    process.terminate()
    process.wait(10)
    apache.browser.close()


@pytest.fixture
def apache(live_psc: Psc, pki: Pki, tmp_path: Path) -> Iterator[Apache]:
    yield from started(
        Apache(tmp_path / "apache", pki.trust, live_psc, live_psc.discovery, "scope_all", "SubjectNameID")
    )


@pytest.fixture
def plain_apache(live_psc: Psc, pki: Pki, tmp_path: Path) -> Iterator[Apache]:
    yield from started(
        Apache(tmp_path / "apache", pki.trust, live_psc, live_psc.plain_discovery, "profile email", "email")
    )


def test_it_logs_in_and_out(apache: Apache, live_psc: Psc, journal: Journal) -> None:
    page = apache.log_in()
    assert (page.status_code, page.text) == (200, "page gardée"), apache.errors()
    info = apache.info()
    assert info["userinfo"]["SubjectNameID"] == live_psc.professional.id_national
    assert info["id_token"]["iss"] == live_psc.issuer
    (asked,), (called,) = seen(journal, "authorize"), seen(journal, "token")
    assert (asked.facts["pkce"], asked.facts["acr_values"]) == ("S256", "eidas1")
    assert (called.facts["client_auth"], called.facts["verdict"]) == ("basic", "accepté")
    assert seen(journal, "userinfo")[0].facts["token_in"] == "header"
    out = apache.browser.get(f"{apache.url}psc/retour?logout={apache.url}psc/fin", timeout=10)
    assert out.text == "au revoir" and seen(journal, "end_session")[0].facts["session"] == "fermée"
    assert "<form" in apache.browser.get(apache.url, timeout=10).text, "la page de connexion est de nouveau montrée"


def test_it_logs_in_at_the_plain_provider(plain_apache: Apache, journal: Journal) -> None:
    page = plain_apache.log_in()
    assert (page.status_code, page.text) == (200, "page gardée"), plain_apache.errors()
    assert plain_apache.info()["userinfo"]["email"].endswith("@structure.test")
    assert len(seen(journal, "fournisseur token")) == 1


REFUSED = (
    "wrong-state",
    "idt-wrong-iss",
    "idt-wrong-aud",
    "idt-expired",
    "idt-wrong-nonce",
    "idt-missing-sub",
    "idt-missing-aud",
    "userinfo-wrong-sub",
)


@pytest.mark.parametrize("name", REFUSED)
def test_it_refuses_what_is_falsified(apache: Apache, live_psc: Psc, name: str) -> None:
    live_psc.mutate(name)
    page = apache.log_in()
    told = apache.browser.get(f"{apache.url}psc/retour?info=json", timeout=10)
    if name == "userinfo-wrong-sub":  # it drops the information and keeps the session
        assert "SubjectNameID" not in told.json().get("userinfo", {})
    else:
        assert "page gardée" not in page.text and told.status_code != 200, apache.errors()


# It takes a token signed with its own secret, as OpenID Connect lets it: why that one is told and never condemned.
@pytest.mark.parametrize(
    "name", ["idt-hs256", "key-rotation", "userinfo-several", "userinfo-unknown", "userinfo-empty"]
)
def test_it_accepts_what_the_service_may_do(apache: Apache, live_psc: Psc, name: str) -> None:
    live_psc.mutate(name)
    assert apache.log_in().text == "page gardée", apache.errors()
