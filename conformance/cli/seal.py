"""``seal``: make a run's folder verifiable, sign it when there is a key, and pack it."""

from __future__ import annotations

from pathlib import Path

import click

from conformance.cli.french import Command

SECRET = "SEGUR_SEAL_SECRET"


@click.command("seal", cls=Command, short_help="Scelle une exécution : manifeste, signatures, zip.")
@click.argument("run", metavar="EXÉCUTION")
@click.option("--p12", type=click.Path(path_type=Path), metavar="FICHIER", help="Clé et certificat, en PKCS#12.")
@click.option("--key", type=click.Path(path_type=Path), metavar="FICHIER", help="Clé privée, en PEM (avec --cert).")
@click.option("--cert", type=click.Path(path_type=Path), metavar="FICHIER", help="Certificat, en PEM (avec --key).")
@click.option(
    "--pkcs11", type=click.Path(path_type=Path), metavar="BIBLIOTHÈQUE", help="Jeton PKCS#11 : sa bibliothèque."
)
@click.option("--token", metavar="NOM", help="Nom du jeton PKCS#11.")
@click.option("--label", metavar="NOM", help="Nom de la clé et du certificat dans le jeton.")
@click.option("--output", type=click.Path(path_type=Path), metavar="FICHIER", help="Le zip à écrire (défaut : aucun).")
def command(
    run: str, p12: Path | None, key: Path | None, cert: Path | None, pkcs11: Path | None, token: str | None,
    label: str | None, output: Path | None,
) -> None:  # fmt: skip
    """Scelle une exécution : empreintes de tout, racine de Merkle, signatures du résultat, du manifeste et du PDF.

    EXÉCUTION est un dossier de reports/…, ou « dernier ». Le mot de passe, ou le code du jeton, vient de la variable
    SEGUR_SEAL_SECRET. Sans clé, le scellé est fait sans signature, et la page de garde le dit.
    """
    import os

    from conformance.cli.choose import recorded_run
    from conformance.cli.view import say
    from conformance.reporting import ReportError, load
    from conformance.reporting.manifest import MANIFEST
    from conformance.reporting.seal import pack, seal
    from conformance.reporting.signing import KeySource, SealError

    folder = recorded_run(run)
    source = None
    if p12 or key or cert or pkcs11:
        source = KeySource(p12, key, cert, pkcs11, token, label, os.environ.get(SECRET))
    try:
        name = seal(load(folder / "run.json"), folder, source)
        say(f"Scellé, signé par {name}." if name else "Scellé sans signature : rien ne prouve qui a établi le rapport.")
        say(f"  {folder / MANIFEST}")
        if output is not None:
            say(f"  {pack(folder, output)}")
    except (SealError, ReportError) as problem:
        raise click.ClickException(str(problem)) from None
