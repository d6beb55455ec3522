"""The chapters that read the same on every support: identification, bench, method, coverage, waivers, comparison, index.

Results, sheets and items to examine have a layout of their own on each support; the cover and the synthesis too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from conformance.model.requirement import Method
from conformance.model.verdict import Verdict
from conformance.reporting.blocks import Block, Bullets, Cell, Chapter, Facts, Heading, Paragraph, Table, Words
from conformance.reporting.compare import CAUSES, Change
from conformance.reporting.speech import Speech
from conformance.reporting.text import clip, prose, sentence
from conformance.reporting.view import DEFINITIONS, DISPLAY, GLOBAL, NATURES, View

Data = Mapping[str, Any]

MACHINE = {"yes": "oui", "partly": "en partie", "no": "non"}
WAVE_GROUPS = {
    "new": "Nouvelles",
    "withdrawn": "Retirées",
    "restated": "Reprises, à confirmer sur la liste officielle",
    "reworded": "Reformulées",
    "meaning": "Même numéro, autre sens",
    "method": "Méthode changée",
    "nature": "Nature changée",
    "option": "Condition changée",
    "weight": "Passées de l’information à l’obligation, ou l’inverse",
    "unchanged": "Inchangées",
}
WAIVER_STATES = {
    "active": "en vigueur",
    "expired": "échue",
    "unneeded": "sans objet",
    "unknown": "scénario hors du profil",
}
"""The states of a waiver, as ``run.json`` names them."""


def shared(run: Data, view: View, say: Speech, signed: str | None) -> dict[str, Chapter]:
    """The shared chapters by their anchor. ``signed`` names the one who seals the report, None when nobody does."""
    made = (
        Chapter("2", "identification", say("Identification"), [*_identification(run, say)]),
        Chapter("3", "banc", say("Banc d’essai"), [*_bench(run, say)]),
        Chapter("4", "methode", say("Méthode et règle de décision"), [*_method(run, say)]),
        Chapter("5", "couverture", say("Déclaration de couverture"), [*_coverage(run, view, say)]),
        Chapter("9", "derogations", say("Dérogations en vigueur"), [*_waivers(run, view, say)]),
        Chapter("10", "comparaison", say("Comparaison"), [*_comparison(run, view, say)]),
        Chapter("11", "preuves", say("Index du dossier de preuves"), [*_index(run, view, say)]),
        Chapter("12", "integrite", say("Intégrité"), [*_integrity(run, say, signed)]),
        Chapter("13", "limites", say("Limites"), [*_limits(run, say)]),
    )
    return {chapter.id: chapter for chapter in made}


def verdict_cell(verdict: str, say: Speech) -> Cell:
    """A badge."""
    return Cell(say(Verdict(verdict).label), "verdict", key=verdict)


def _or(value: str | None, none: str, style: str = "") -> Cell:
    return Cell(clip(value, 200), style) if value else Cell(none, "quiet")


def _identification(run: Data, say: Speech) -> Iterator[Block]:
    software, profile = run["software"], run["profile"]
    options = [
        Cell(f"{say('déclarée') if one['declared'] else say('non déclarée')} – {prose(clip(one['title'], 160))}")
        for one in profile["options"]
    ]
    played = f"{say.moment(run['started'])} – {say.moment(run['finished'])}, {say('durée')} {say.duration(run['duration_s'])}"
    yield Facts(
        [
            (say("Éditeur"), f"{clip(run['vendor']['name'], 200)} ({clip(run['vendor']['id'], 80)})"),
            (say("Logiciel soumis"), f"{clip(software['name'], 200)}, {say('version')} {clip(software['version'], 60)}"),
            (say("Empreinte ou numéro du livrable"), _or(software["build"], say("non déclaré"), "mono")),
            (say("Référence NIL"), _or(software["nil"], say("non déclarée"))),
            (say("Profil"), f"{prose(clip(profile['title'], 200))} ({clip(profile['id'], 80)}, {say('vague')} {profile['wave']})"),
            (say("Référentiel"), f"{clip(profile['rem'], 120)} – {prose(clip(profile['status_label'], 80))}"),
            (say("Sources du profil"), [Cell(prose(clip(one, 300))) for one in profile["sources"]] or Cell("—", "quiet")),
            (say("Empreinte du profil"), Cell(profile["digest"], "mono")),
            (say("Options"), options or Cell(say("le profil n’en a pas"), "quiet")),
            (say("Exécution"), played + (f", {run['segments']} {say('reprises')}" if run["segments"] > 1 else "")),
            (say("Émission"), say.moment(run["finished"])),
        ]
    )  # fmt: skip


def _bench(run: Data, say: Speech) -> Iterator[Block]:
    harness = run["harness"]
    tool = [Cell(f"{clip(harness['name'], 80)} {clip(harness['version'], 40)}")]
    if harness["commit"]:
        tool.append(Cell(clip(harness["commit"], 64), "mono"))
    yield Facts(
        [
            (say("Outil"), tool),
            (say("Environnement"), f"Python {clip(harness['python'], 60)}, {clip(harness['platform'], 160)}"),
            (say("Graine"), f"{harness['seed']} ({say('les identités fictives en découlent')})"),
            (say("Commande"), Cell(clip(harness["command"], 600), "mono")),
            (say("Accès au logiciel"), f"{sentence(clip(run['driver']['summary'], 400))} ({clip(run['driver']['kind'], 40)})"),
        ]
    )  # fmt: skip
    if not run["bench"]:
        yield Paragraph(say("Aucun service n’a été joué pendant cette exécution."), "quiet")
        return
    rows: list[list[Words]] = [
        [prose(clip(one["name"], 120)), Cell(clip(one["endpoint"], 300), "mono")] for one in run["bench"]
    ]
    head = [say("Service joué par le banc"), say("Point d’accès")]
    yield Table("bench", say("Services joués par le banc"), head, rows, (2, 3))


def _method(run: Data, say: Speech) -> Iterator[Block]:
    yield Paragraph(
        say(
            "L’unité jugée est le scénario de conformité, sous son identifiant d’origine. Le verdict d’une exigence est le plus grave de ceux de ses scénarios applicables. Tout échange et tout fichier est consigné avant d’être jugé ; un verdict ne porte que sur ce qui a été consigné."
        )
    )
    yield Paragraph(prose(clip(say(run["verdict"]["rule"]), 600)), "key", say("Règle de décision"))
    rows: list[list[Words]] = [[verdict_cell(verdict, say), sentence(say(DEFINITIONS[verdict]))] for verdict in DISPLAY]
    yield Table("definitions", say("Les six verdicts"), [say("Verdict"), say("Ce qu’il veut dire")], rows, (1, 3))
    yield Paragraph(
        say(
            "Un constat est une erreur quand il contredit l’exigence, un avertissement quand il est seulement montré – recommandation, ou règle dont la source laisse un doute –, une information quand il est noté sans plus. Seules les erreurs condamnent. Les préconisations et les exigences informatives sont jouées et montrées à part : elles ne compensent rien et ne condamnent pas."
        )
    )
    yield Paragraph(
        say(
            "Une erreur du banc n’accuse jamais le logiciel et ne le déclare jamais conforme. Une dérogation laisse le verdict tel quel : elle dit seulement que l’écart est connu, par qui, et jusqu’à quand."
        )
    )


def _coverage(run: Data, view: View, say: Speech) -> Iterator[Block]:
    yield Paragraph(
        say("Comment chaque exigence a été vérifiée, et ce qui ne l’a pas été. Une part non vérifiée n’est jamais comptée comme conforme. Les préconisations y comptent, les exigences informatives non.")
    )  # fmt: skip
    head = [
        say("Section"),
        *(say(part.label) for part in view.coverage),
        say("Part de la machine"),
        say("Hors périmètre"),
    ]
    keys = ("automatic", "evidence", "attestation", "not_verified")
    rows: list[list[Words]] = []
    for entry in run["coverage"]["sections"]:
        whole = sum(entry[key] for key in keys)
        numbers = [*(say.number(entry[key]) for key in keys), say.percent(entry["automatic"], whole), say.number(entry["not_applicable"])]  # fmt: skip
        rows.append([f"{clip(entry['section'], 40)} – {prose(clip(entry['title'], 90))}", *_right(numbers)])
    total = [*(say.number(part.count) for part in view.coverage), say.percent(view.coverage[0].count, view.applicable), say.number(run["coverage"]["not_applicable"])]  # fmt: skip
    yield Table("shares", say("Couverture par section"), head, rows, (4, 1.3, 1.2, 1.3, 1.2, 1.2, 1.2), [say("Ensemble"), *_right(total)])  # fmt: skip
    yield Heading(say("Mode de vérification de chaque exigence"))
    groups: dict[tuple[str, str, str], list[str]] = {}
    for requirement in run["requirements"]:
        groups.setdefault(_mode(requirement, say), []).append(clip(requirement["id"], 80))
    modes: list[list[Words]] = [
        [*mode, Cell(say.number(len(ids)), "right"), ", ".join(ids)] for mode, ids in groups.items()
    ]
    head = [say("Méthode"), say("Machine"), say("Portée"), say("Nombre"), say("Exigences")]
    yield Table("modes", say("Mode de vérification de chaque exigence"), head, modes, (2, 1.2, 2.2, 1, 7))


def _right(values: list[str]) -> list[Cell]:
    return [Cell(value, "right") for value in values]


def _mode(requirement: Data, say: Speech) -> tuple[str, str, str]:
    """How a requirement is verified, whether a machine does it, and whether it counts; its sheet says why."""
    scope = say("informative") if requirement["informative"] else say(NATURES[requirement["nature"]])
    if all(one["verdict"] == Verdict.NON_APPLICABLE for one in requirement["scenarios"]):
        scope = f"{say('exclue')} ({clip(requirement['scenarios'][0]['reason'], 120)})"
    return say(Method(requirement["method"]).label), say(MACHINE[requirement["automatable"]]), prose(scope)


def _waivers(run: Data, view: View, say: Speech) -> Iterator[Block]:
    waivers = run.get("waivers", [])
    if not waivers:
        yield Paragraph(say("Aucune dérogation n’a été donnée à cette exécution."), "quiet")
        return
    yield Paragraph(
        say(
            "Une dérogation ne change aucun verdict ; échue ou devenue sans objet, elle met la chaîne d’intégration en échec."
        )
    )
    head = [say("Scénario"), say("Motif"), say("Responsable"), say("Échéance"), say("État")]
    rows: list[list[Words]] = [
        [_scenario(one["scenario"], view), prose(clip(one["reason"], 600)), clip(one["owner"], 160), one["expires"],
         say(WAIVER_STATES[one["state"]])]
        for one in waivers
    ]  # fmt: skip
    yield Table("waivers", say("Dérogations"), head, rows, (2, 5, 2, 1.6, 1.6))


def _scenario(name: str, view: View) -> Cell:
    return Cell(clip(name, 80), "mono", view.anchor.get("scenario " + name, ""))


def _comparison(run: Data, view: View, say: Speech) -> Iterator[Block]:
    yield Heading(say("Avec l’exécution précédente"))
    if (compared := run.get("comparison")) is None:
        yield Paragraph(say("Aucune exécution précédente de ce profil n’était à portée."), "quiet")
    else:
        previous = compared["previous"]
        yield Paragraph(
            f"{clip(previous['id'], 120)}, {say.moment(previous['finished'])}, {say('version')} {clip(previous['version'], 60)}",
            lead=say("Exécution comparée"),
        )
        head = [say("Scénario"), say("Avant"), say("Maintenant"), say("Cause"), say("Pourquoi")]
        rows: list[list[Words]] = [
            [_scenario(one["scenario"], view), _side(one["before"], say), _side(one["after"], say),
             say(CAUSES[one["cause"]]), prose(clip(say(one["why"]), 300))]
            for one in compared["changes"]
        ]  # fmt: skip
        if rows:
            yield Table("changes", say("Ce qui a changé"), head, rows, (2, 1.6, 1.6, 1.3, 4))
        else:
            yield Paragraph(say("Aucun verdict n’a changé."))
    yield Heading(say("Avec la vague précédente"))
    if (wave := run.get("wave")) is None:
        yield Paragraph(say("Ce profil n’a pas de vague précédente."), "quiet")
        return
    yield Paragraph(f"{clip(wave['from'], 80)} → {clip(wave['to'], 80)}", lead=say("Profils comparés"))
    lines: list[list[Words]] = [
        [say(WAVE_GROUPS[name]), Cell(say.number(number), "right")] for name, number in wave["counts"].items()
    ]
    yield Table("wave", say("D’une vague à l’autre"), [say("Exigences"), say("Nombre")], lines, (5, 1))


def evolution(run: Data, say: Speech) -> str:
    """How the verdicts moved since the previous run, in a sentence; empty when none was at hand."""
    if (compared := run.get("comparison")) is None:
        return ""
    known = Counter(change["direction"] for change in compared["changes"])
    if not known:
        return say("Depuis l’exécution précédente, aucun verdict n’a changé.")
    told = [
        say.count(known["better"], "scénario en progrès", "scénarios en progrès"),
        say.count(known["worse"], "scénario en recul", "scénarios en recul"),
        say.count(known["other"], "autre changement", "autres changements"),
    ]
    return f"{say('Depuis l’exécution précédente :')} {', '.join(told)} {say('(chapitre 10).')}"


def difference(before: Data, after: Data, changes: Sequence[Change], say: Speech) -> dict[str, Table]:
    """The tables of a comparison of two runs: which, how many changes a cause, and each change."""
    runs: list[list[Words]] = [
        [say(name), Cell(clip(run["id"], 120), "mono"), f"{clip(run['software']['name'], 120)} {clip(run['software']['version'], 60)}",
         say.moment(run["finished"]), say(GLOBAL[run["verdict"]["global"]][0])]
        for name, run in (("Avant", before), ("Maintenant", after))
    ]  # fmt: skip
    causes = Counter(change.cause for change in changes)
    counted: list[list[Words]] = [[say(CAUSES[cause]), Cell(say.number(causes[cause]), "right")] for cause in CAUSES]
    rows: list[list[Words]] = [
        [[Cell(clip(one.scenario, 80), "mono"), Cell(prose(clip(one.title, 200)), "quiet")], _side(one.before, say), _side(one.after, say),
         say(CAUSES[one.cause]), [Cell(prose(say(one.why))), *(Cell(clip(rule, 120), "mono") for rule in one.findings[:12])]]
        for one in changes
    ]  # fmt: skip
    head = [say("Exécution"), say("Identifiant"), say("Logiciel"), say("Date"), say("Verdict")]
    told = [say("Scénario"), say("Avant"), say("Maintenant"), say("Cause"), say("Pourquoi")]
    return {
        "runs": Table("runs", say("Exécution comparée"), head, runs, (1, 3, 3, 2, 1)),
        "causes": Table("causes", say("Cause"), [say("Cause"), say("Nombre")], counted, (3, 1)),
        "changes": Table("changes", say("Ce qui a changé"), told, rows, (3, 1.5, 1.5, 1.2, 4)),
    }


def _side(verdict: str | None, say: Speech) -> Cell:
    return Cell(say("absent"), "quiet") if verdict is None else verdict_cell(verdict, say)


def _index(run: Data, view: View, say: Speech) -> Iterator[Block]:
    yield Paragraph(
        say("Une ligne par exigence, scénario et preuve. Le classeur export.xlsx en donne toutes les colonnes, dans l’ordre de l’export officiel."),
    )  # fmt: skip
    head = [say("Scénario et n° de preuve"), say("Verdict et mode"), say("Pièces et empreintes SHA-256")]
    rows: list[list[Words]] = []
    for requirement in run["requirements"]:
        for scenario in requirement["scenarios"]:
            rows += [_index_row(scenario, proof, view, say) for proof in scenario["proofs"] or (None,)]
    if rows:
        yield Table("index", say("Index du dossier de preuves"), head, rows, (3, 2.2, 5))


def _index_row(scenario: Data, proof: Data | None, view: View, say: Speech) -> list[Words]:
    pieces = [one for one in scenario["pieces"] if proof is None or one["name"] in proof["files"]]
    shown: list[Cell] = []
    for piece in pieces[:20]:
        shown += [Cell(clip(piece["name"], 120)), Cell(piece["sha256"], "mono")]
    if len(pieces) > 20:
        shown.append(Cell(say.count(len(pieces) - 20, "autre pièce", "autres pièces"), "quiet"))
    names = [_scenario(scenario["id"], view)]
    if proof is not None:
        names.append(Cell(f"{say('Preuve')} {clip(proof['id'], 80)}", "quiet"))
    missing = Cell("—" if proof is None else say(proof["state"]), "quiet")
    return [names, [verdict_cell(scenario["verdict"], say), Cell(say(scenario["mode"]), "quiet")], shown or missing]


def _integrity(run: Data, say: Speech, signed: str | None) -> Iterator[Block]:
    yield Paragraph(
        say(
            "Chaque échange et chaque fichier est écrit dans un journal dont chaque ligne porte l’empreinte de la précédente, avant tout jugement ; les contenus sont gardés sous leur empreinte SHA-256. Une ligne changée, retirée ou déplacée, un octet modifié se voient. Le journal prouve que les pièces n’ont pas changé depuis ; il ne prouve pas qui les a produites."
        )
    )
    rows: list[list[Words]] = [
        [clip(one["file"], 200), Cell(say.number(one["entries"]), "right"), Cell(one["head"], "mono")]
        for one in run["journal"]
    ]
    yield Facts(judges(run, say))
    head = [say("Segment"), say("Lignes"), say("Dernière empreinte")]
    if rows:
        yield Table("journal", say("Journal des échanges"), head, rows, (3, 1, 6))
    else:
        yield Paragraph(say("Aucun segment."), "quiet")
    if signed is None:
        yield Paragraph(say("Rapport non signé : rien ne prouve qui l’a établi."), "key", say("Signature"))
    else:
        yield Paragraph(
            f"{say('Le PDF porte une signature PAdES et le résultat une signature JWS détachée, au nom de')} {clip(signed, 200)}.",
            "key", say("Signature"),
        )  # fmt: skip
    yield Paragraph(
        say("« segur-conformance verify DOSSIER » recalcule, hors ligne, les empreintes du manifeste, sa racine de Merkle, la chaîne du journal et les signatures ; le fichier dont un seul octet a changé est nommé. « sha256sum -c » suffit pour les empreintes."),
        lead=say("Vérifier"),
    )  # fmt: skip


def judges(run: Data, say: Speech) -> list[tuple[str, Words]]:
    """What judged, each by its SHA-256: the profile, the harness, the packs of rules."""
    harness, packs = run["harness"], run.get("packs", {})
    tool = [Cell(f"{clip(harness['name'], 80)} {clip(harness['version'], 40)}")]
    tool.append(Cell(harness["digest"], "mono") if "digest" in harness else Cell(say("empreinte non relevée"), "quiet"))
    told = [line for name, digest in packs.items() for line in (Cell(clip(name, 120)), Cell(digest, "mono"))]
    return [
        (say("Profil"), [Cell(clip(run["profile"]["id"], 80)), Cell(run["profile"]["digest"], "mono")]),
        (say("Outil"), tool),
        (say("Packs de règles"), told or Cell(say("aucun : le contenu des documents n’a été jugé que par les règles de l’outil"), "quiet")),
    ]  # fmt: skip


def _limits(run: Data, say: Speech) -> Iterator[Block]:
    status = prose(clip(run["profile"]["status_label"], 80))
    yield Bullets(
        [
            say("Les résultats ne se rapportent qu’à la version soumise, dans la configuration et avec les options décrites au chapitre 2, à la date dite."),
            say("Les services nationaux sont joués par le banc ; rien n’est vérifié auprès des services réels, ni des homologations que ceux-ci demandent."),
            f"{say('Le catalogue utilisé est')} « {status} » : {say('il peut différer de la liste en vigueur lors d’une candidature.')}".replace("« ", "«\u202f").replace(" »", "\u202f»").replace(" :", "\u00a0:"),
            say("Un scénario vérifié par la machine l’est sur les cas joués ; les autres cas restent à la charge de l’éditeur."),
            say("Ce rapport se reproduit en entier. Il ne vaut ni référencement ni certification, et n’émane pas de l’Agence du numérique en santé."),
        ]
    )  # fmt: skip
