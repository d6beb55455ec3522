"""What each defect in identities, the INSi calls and their logs turns red."""

from __future__ import annotations

from fault import fault

NEEDS_RECOVERED = (
    "INS/va1.44.01.02",
    "INS/va1.53",
    "INS/va1.59.01",
    "INS/va1.59.02",
    "INS/va1.60.01",
    "INS/va1.60.02",
    "MSS/va1.19.02",
    "MSS/CONF.14.01",
    "MSS/UX.32.01",
)
"""What is about an identity that is récupérée and not qualifiée."""

SIGNS = ("INS/va1.25.01", "INS/va1.25.02", "INS/va1.25.03", "INS/va1.25.04")
BEGINNINGS = ("INS/va1.02.01", "INS/va1.02.02", "INS/va1.02.03", "INS/va1.02.04", "INS/va1.02.05")

FROM_THE_DOMAIN = (
    *(f"INS/va1.{number}.{rank}" for number in ("62", "68", "73") for rank in ("01", "02", "03")),
    "INS/va1.01.02",
    "INS/va1.67.01",
    "INS/va1.69.01",
    "INS/va1.71.01",
    "INS/va1.72.01",
)
"""What reads a record that the software did not create itself, and must find it by its birth date."""

FAULTS = [
    fault("ins-keeps-matricule-on-unknown-ko", "INS/va1.05.01", words="matricule"),
    fault("ins-updates-known-on-ko", "INS/va1.07.01", words="changé"),
    fault("ins-ignores-verification-ko", "INS/va1.08.01", "INS/va1.70", words="statut"),
    fault(
        "ins-skips-automatic-verification",
        "INS/va1.11.01",
        words="appel",
        starved=("INS/va1.05.01", "INS/va1.07.01", "INS/va1.12.01", "INS/va1.13.01", "INS/va1.57.01"),
    ),
    fault("ins-reverifies-known", "INS/va1.11.01", words="appel"),
    fault("ins-integrates-document-on-ko", "INS/va1.12.01", words="document"),
    fault("ins-trusts-foreign-qualification", "INS/va1.13.01", "INS/va1.57.01", "INS/va1.04.01", words="statut"),
    fault("insi-cps-instead-of-org", "INS/va1.14.01", words="certificat"),
    fault("ins-calls-for-doubtful", "INS/va1.20.01", words="appel"),
    fault("ins-calls-for-fictitious", "INS/va1.20.02", words="appel"),
    fault("ins-imports-lunar-date", "INS/va1.28.01", words="date_naissance"),
    fault("ins-imports-empty-name", "INS/va1.31.01", words="nom_naissance"),
    fault("ins-imports-empty-first-names", "INS/va1.31.02", words="prenoms"),
    fault("ins-imports-empty-sex", "INS/va1.31.03", words="sexe"),
    fault("insi-log-without-traits", "INS/va1.35.02", words="n’est pas tracé"),
    fault("insi-log-skips-recovery", "INS/va1.38.02", "INS/va1.35.02", "INS/va1.49.01", words="trac"),
    fault("insi-log-skips-verification", "INS/va1.06.01", "INS/va1.63.01", words="trac"),
    fault("insi-log-skips-ko", "INS/va1.63.01", words="KO"),
    fault("insi-log-without-user", "INS/va1.49.01", words="utilisateur"),
    fault(
        "ins-created-validated", "INS/va1.45", "INS/va1.40", "INS/va1.54.01", words="statut", starved=NEEDS_RECOVERED
    ),
    fault(
        "ins-proof-does-not-validate",
        "INS/va1.43",
        words="statut",
        starved=("INS/va1.54.02", "INS/va1.07.01", "INS/va1.44.01.03"),
    ),
    fault("ins-stays-provisional", "INS/va1.40", "INS/va1.54.01", words="statut", starved=NEEDS_RECOVERED),
    fault("ins-no-first-name-alert", "INS/va1.51.01", words="alerte"),
    fault(
        "ins-keeps-typed-traits",
        "INS/va1.52.01",
        words="prenoms",
        never_with=(
            "ins-imports-lunar-date",
            "ins-imports-empty-name",
            "ins-imports-empty-first-names",
            "ins-imports-empty-sex",
        ),
    ),
    fault(
        "ins-matricule-when-not-qualified",
        "INS/va1.53",
        "INS/va1.59.01",
        "INS/va1.59.02",
        "MSS/CONF.14.01",
        words="matricule|X-MSS-INS",
    ),
    fault(
        "ins-validated-never-qualified",
        "INS/va1.54.02",
        words="statut",
        never_with=("ins-created-validated", "ins-stays-provisional", "ins-qualifies-without-proof"),
    ),
    fault("ins-qualifies-without-proof", "INS/va1.40", "INS/va1.54.01", words="statut", starved=NEEDS_RECOVERED),
    fault("ins-doubtful-keeps-status", "INS/va1.44.01.01", "INS/va1.44.01.02", "INS/va1.44.01.03", words="statut"),
    fault("ins-strict-edit-keeps-ins", "INS/va1.60.01", "INS/va1.60.03", words="statut|matricule"),
    fault("insi-bulk-skips-some", "INS/va1.70", words="soumise"),
    fault("search-ignores-used-names", "INS/va1.02.02", "INS/va1.02.05", words="antériorité"),
    fault("search-minds-hyphens", *SIGNS, words="antériorité"),
    fault("search-exact-only", *BEGINNINGS, *SIGNS, words="antériorité", starved=FROM_THE_DOMAIN),
    fault("entry-takes-any-date", "INS/va1.01.03", "INS/va1.56.03", words="date de naissance"),
    fault("entry-without-mandatory-traits", "INS/va1.21.01", words="sans nom"),
    fault("entry-asks-used-name", "INS/va1.22", words="cinq traits"),
    fault("traits-cut-to-forty", "INS/va1.01.02", "INS/va1.56.02", words="nom de naissance"),
    fault("access-log-missing", "INS/va1.39.01", words="accès"),
    fault("audit-without-user", "INS/va1.27.01", words="utilisateur"),
    fault("exchanges-log-missing", "INS/va1.46.01", words="envoi"),
]
