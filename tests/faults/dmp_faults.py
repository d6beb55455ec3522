"""What each defect in its deposits and consultations turns red."""

from __future__ import annotations

from fault import fault

FEEDING = ("DMP/va1.01.01", "DMP/va1.13.01", "DMP/va1.12.01", "DMP/va1.22.01", "DMP/va1.15.01", "DMP/CONF.09.01")
"""What waits for a deposit that nobody asked for."""
CYCLES = ("DMP/va1.16.01", "DMP/va1.09.01", "DMP/va1.23.01")
"""Deposit, correction, deletion: one life for three professions."""
UNCHECKED = ("DMP/UX.08.01", "DMP/UX.50.01")
"""What needs the right of access to be looked at first."""

FAULTS = [
    fault("auth-rank-of-depositor", "AUTH/va1.01.01", words="RPPS-rang"),
    fault("dmp-replacement-as-new", *CYCLES, "DMP/va1.15.01", words="RPLC"),
    fault("dmp-delete-not-sent", *CYCLES, words="suppression", starved=("DMP/CONF.05.01",)),
    fault("dmp-masking-ignored", "DMP/va1.17.01", words="MASQUE_PS"),
    fault("dmp-not-automatic", *FEEDING, words="n’est pas parvenu"),
    fault("dmp-ignores-block", "DMP/va1.12.01", "DMP/va1.22.01", words="bloqué"),
    fault("dmp-asks-access-to-deposit", "DMP/CONF.05.01", words="TD0.3"),
    fault("dmp-deposits-despite-opposition", "DMP/CONF.09.01", words="s’oppose"),
    fault("dmp-reads-despite-opposition", "DMP/CONF.06.01", words="s’oppose à la consultation"),
    fault("dmp-reads-unchecked", *UNCHECKED, "DMP/UX.34.01", words="vérification|TD0.3"),
    fault("dmp-access-after-reading", "DMP/UX.50.01", words="TD0.3"),
    fault("dmp-status-always-open", "DMP/UX.12.01", words="CREE_NON_AUTORISE"),
    fault("dmp-list-unfiltered", "DMP/UX.14.01", "DMP/UX.27.01", words="critères"),
    fault("dmp-filters-at-home", "DMP/UX.27.01", words="TD3.1"),
    fault("dmp-news-counts-own", "DMP/UX.15.01", "DMP/UX.15.02", words="nouveaut|tiers"),
    fault("dmp-integrates-one", "DMP/UX.31.01", "CDA/DD.05.01", words="intégré"),
    fault("dmp-preloads-unchecked", "DMP/UX.34.01", words="vérification"),
    fault("dmp-forgets-preloaded", "DMP/UX.34.01", words="demandé de nouveau"),
    fault("dmp-no-new-version-notice", "CDA/DD.05.01", words="aucun avis"),
    fault("dmp-generic-user", "DMP/AIRS.06.01", "DMP/PSC.01.01", words="identifiant national"),
    fault("dmp-deposits-the-whole-record", "DMP/HISTO.05.01", words="choisi"),
    fault("dmp-history-dated-today", "DMP/HISTO.03", words="daté de l’acte"),
    fault("dmp-history-without-structure", "DMP/HISTO.04", words="personne morale"),
    fault("dmp-history-feeds-deceased", "DMP/HISTO.06.01", "DMP/HISTO.06.04", words="décédé"),
    fault("dmp-history-every-age", "DMP/HISTO.06.02", "DMP/HISTO.06.04", words="plus ancien"),
    fault("dmp-history-too-fast", "DMP/HISTO.06.03", "DMP/HISTO.06.04", words="débit"),
]
