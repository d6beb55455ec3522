"""What each defect in its logins turns red."""

from __future__ import annotations

from fault import fault

FAULTS = [
    fault("psc-without-eidas1", "PSC.08.01", words="eidas1"),
    fault("psc-accepts-any-state", "PSC.01.01", words="state"),
    fault("psc-accepts-wrong-nonce", "PSC.01.01", words="nonce"),
    fault("psc-login-url-from-issuer", "PSC.01.01", words="autorisation", starved=("PSC.08.01",)),
    fault("psc-no-single-logout", "PSC.01.01", words="session"),
]
