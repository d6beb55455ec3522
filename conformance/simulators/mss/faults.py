"""How the simulated operator may break down, by name."""

from __future__ import annotations

REFUSES, HANGS_UP = "authentification-refusee", "coupure"
FAULTS = {
    REFUSES: "panne simulée : l’opérateur refuse toute authentification",
    HANGS_UP: "panne simulée : l’opérateur raccroche à la connexion",
}
"""How the operator may break down."""
