"""The practice and the doctor that every bench of the reference LPS's tests names."""

from __future__ import annotations

CABINET = {"nom": "Cabinet des Tilleuls", "id_structure": "499900000000001", "secteur": "SA07", "finess": None}
DOCTOR = {
    "rpps": "89990000015",
    "id_national": "889990000015",
    "nom": "EXEMPLE",
    "prenom": "Camille",
    "profession": "10",
    "specialite": "SM26",
    "titre": "Dr",
}
