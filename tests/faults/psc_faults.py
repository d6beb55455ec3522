"""What each defect in its logins and accounts turns red."""

from __future__ import annotations

from fault import fault
from mss_faults import BY_TOKEN

WEB, EXTERNAL, EMBEDDED, CIBA = "PSC.01.01", "PSC.01.02", "PSC.01.04", "PSC.01.03"
BY_BROWSER = (WEB, EXTERNAL, EMBEDDED)
PLAIN = ("SSI/IAM.80", "SSI/IAM.80.01", "SSI/IAM.80.02")
STRUCTURES = ("SSI/IE.43", "SSI/IE.43.01")
TRACES = ("SSI/IAM.91.01", "SSI/IAM.91.02", "SSI/IAM.91.03", "SSI/IAM.91.04")

FAULTS = [
    fault("psc-without-eidas1", "PSC.08.01", words="eidas1"),
    fault("psc-accepts-any-state", *BY_BROWSER, *PLAIN, words="state"),
    fault("psc-accepts-wrong-nonce", *BY_BROWSER, *PLAIN, words="nonce"),
    fault("psc-trusts-identity-token", *BY_BROWSER, CIBA, *PLAIN, "SSI/IAM.80.03", words="expiré"),
    fault(
        "psc-login-url-from-issuer",
        *BY_BROWSER,
        *PLAIN,
        "PSC.10",
        "PSC.02.01",
        "DMP/PSC.01.01",
        words="autorisation",
        starved=("PSC.08.01", *BY_TOKEN),
    ),
    fault("psc-no-single-logout", *BY_BROWSER, CIBA, words="session"),
    fault("psc-never-refreshes", *BY_BROWSER, words="expire"),
    fault("psc-idle-stays-open", *BY_BROWSER, words="inactivité"),
    fault("psc-native-without-pkce", EXTERNAL, EMBEDDED, "SSI/IAM.80.02", words="PKCE"),
    fault("psc-ciba-hurries", CIBA, words="intervalle"),
    fault("psc-ciba-insists", CIBA, words="après un refus"),
    fault("psc-second-account", "PSC.02.01", words="compte"),
    fault("psc-api-without-login", "PSC.10", words="personne n’est connecté"),
    fault("psc-api-other-identity", "PSC.10", words="identité"),
    fault("ie-rpps-not-kept", "SSI/IE.30.01", "SSI/IE.30.02", words="RPPS", starved=("SSI/IE.30.03",)),
    fault("ie-rpps-silent", "SSI/IE.30.02", "SSI/IE.30.03", words="avertit"),
    fault("ie-rpps-never-again", "SSI/IE.30.02", "SSI/IE.30.03", words="RPPS|avertit"),
    fault("ie-rpps-untraced", "SSI/IE.30.03", words="traces"),
    fault("ie-structure-revocation-ignored", *STRUCTURES, words="révoqué"),
    fault("ie-structure-without-certificate", *STRUCTURES, words="sans présenter"),
    fault("ie-structure-any-authority", *STRUCTURES, words="autorité inconnue"),
    fault("ie-structure-accepts-expired", *STRUCTURES, words="expiré"),
    fault("iam-log-skips-identite", "SSI/IAM.91.01", words="IDENTITE"),
    fault("iam-log-skips-permissions", "SSI/IAM.91.02", words="PERMISSIONS"),
    fault("iam-log-skips-failures", "SSI/IAM.91.03", "SSI/IAM.91.04", words="ECHEC"),
    fault("iam-log-without-author", *TRACES, words="auteur"),
]
