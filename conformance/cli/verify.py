"""``verify``: verify a sealed run, offline."""

from __future__ import annotations

from pathlib import Path

import click

from conformance.cli.codes import CONFORMING, NON_CONFORMING
from conformance.cli.french import Command


@click.command("verify", cls=Command, short_help="Vérifie hors ligne une exécution scellée.")
@click.argument("bundle", metavar="SCELLÉ", type=click.Path(path_type=Path))
@click.option("--root", "roots", multiple=True, type=click.Path(path_type=Path, exists=True, dir_okay=False), metavar="FICHIER", help=(
    "Certificat d’autorité en PEM qui doit garantir les signatures (répétable)."
))  # fmt: skip
def command(bundle: Path, roots: tuple[Path, ...]) -> int:
    """Vérifie une exécution scellée, sans logiciel, sans banc et sans réseau.

    SCELLÉ est le dossier, ou son zip. Le fichier dont un seul octet a changé est nommé. Code 0 si tout tient, 1 sinon.
    """
    from conformance.cli.view import counted, say
    from conformance.reporting.seal import verify_bundle
    from conformance.reporting.signing import SealError

    try:
        found = verify_bundle(bundle, roots)
    except SealError as problem:
        raise click.ClickException(str(problem)) from None
    for fault in found.faults:
        say(f"✗ {fault.path} : {fault.message}")
    for name, who in found.signers.items():
        say(f"✓ {name} signé par {who}")
    if not found.signers:
        say("○ Aucune signature : le contenu est intact ou non, rien ne prouve qui l’a établi.")
    elif found.trusted is None:
        say("○ Signataire non rattaché à une autorité : donnez --root pour l’exiger.")
    elif not found.trusted:
        say("✗ Le signataire n’est garanti par aucune des autorités données.")
    if found.sound and found.trusted is not False:
        say(f"✓ {counted(found.files, 'fichier intact', 'fichiers intacts')}")
        return CONFORMING
    return NON_CONFORMING
