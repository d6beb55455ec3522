"""An extraction of the directory written by hand, for the tests of the reference LPS."""

from __future__ import annotations

import io
import zipfile

HEADER = "Type d'identifiant PP|Identifiant PP|Nom d'exercice|Prénom d'exercice|Code profession|Code savoir-faire|"
ROWS = ("8|89990000013|EXEMPLE|Camille|10|SM26|", "8|89990000021|MODÈLE|Éloi|10|SM05|")


def extraction(*rows: str, header: str = HEADER, charset: str = "utf-8", name: str = "Personne_activite") -> bytes:
    """A zip of one file of those lines, of the two usual ones when none is given."""
    text = "\n".join((header, *(rows or ROWS))) + "\n"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"PS_LibreAcces_{name}_202601010000.txt", text.encode(charset))
    return buffer.getvalue()
