"""The cover and the chapters of the PDF: the shared ones, and those whose layout is richer than a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from conformance.model.finding import Severity
from conformance.model.requirement import Method
from conformance.model.verdict import Verdict
from conformance.reporting.blocks import Bullets, Cell, Chapter, Heading, Paragraph, Table, Words
from conformance.reporting.causes import Causes
from conformance.reporting.chapters import evolution, shared
from conformance.reporting.charts import donut
from conformance.reporting.excerpts import Excerpts
from conformance.reporting.speech import Speech
from conformance.reporting.text import clip, prose, sentence, visible
from conformance.reporting.view import DISPLAY, GLOBAL, MODES, NATURES, UNSEEN, Item, View

Data = Mapping[str, Any]
Rich = dict[str, Any]

_FINDINGS = 8
"""Findings shown in full on a sheet; the others are counted, and all are in run.json."""


def cover(run: Data, view: View, say: Speech, signed: str | None) -> Rich:
    """What stands on the cover, worded."""
    words, _ = GLOBAL[run["verdict"]["global"]]
    software, profile = run["software"], run["profile"]
    build = f", {say('livrable')} {clip(software['build'], 80)}" if software["build"] else ""
    return {
        "kicker": say("Rapport de conformité"),
        "nature": say(run["nature"]),
        "title": clip(software["name"], 120),
        "subtitle": f"{say('version')} {clip(software['version'], 60)}{build} · {clip(run['vendor']['name'], 120)}",
        "programme": f"{say('Ségur du numérique en santé, vague')} {profile['wave']} – {prose(clip(profile['title'], 160))}",
        "verdict": {"key": run["verdict"]["global"], "label": say(words), "sentence": prose(clip(say(run["verdict"]["sentence"]), 500))},
        "rule": [say("Règle de décision"), prose(clip(say(run["verdict"]["rule"]), 400))],
        "share": [say("Part réellement vérifiée"), say.percent(view.coverage[0].count, view.applicable),
                  f"{say('vérifiés par la machine, sur')} {say.count(view.applicable, 'scénario applicable', 'scénarios applicables')}{say(', préconisations comprises') if view.recommended else ''}"],
        "coverage": _bar(view.coverage, say),
        "coverage_alt": spoken(view.coverage, say),
        "tallies": [say("Verdicts des scénarios obligatoires"), [[part.key, say(part.label), say.number(part.count)] for part in view.verdicts]],
        "facts": [
            [say("Éditeur"), clip(run["vendor"]["name"], 120)],
            [say("Profil"), f"{clip(profile['id'], 80)} · {clip(profile['rem'], 60)}"],
            [say("Catalogue d’exigences"), prose(say(clip(profile["status_label"], 80)))],
            [say("Date"), say.moment(run["finished"])],
            [say("Signature"), say("Rapport non signé") if signed is None else f"{say('Signé par')} {clip(signed, 120)}"],
            [say("Identifiant"), clip(run["id"], 120)],
        ],
        "warnings": [prose(clip(warning, 240)) for warning in run["warnings"][:3]],
        "scope": scope(run, say),
        "running": f"{say('Rapport de conformité')} – {_short(software['name'], 60)}, {say('version')} {_short(software['version'], 20)}",
        "footer": _short(run["id"], 70),
    }  # fmt: skip


def _short(text: str, limit: int) -> str:
    """What fits on the line at the head or the foot of a page; it stands whole on the cover."""
    line = " ".join(visible(text).split())
    return line if len(line) <= limit else f"{line[:limit].rstrip()}…"


def scope(run: Data, say: Speech) -> str:
    """What the document is, and what it is not."""
    kinds = {
        "auto-évaluation": "Auto-évaluation établie par l’éditeur ou pour son compte.",
        "intégration continue": "Résultat d’une chaîne d’intégration continue, sans relecture humaine.",
    }
    told = say(kinds.get(run["nature"], "Contrôle mené avec l’outil décrit au chapitre 3."))
    return f"{told} {say('Ce document n’est ni une décision de référencement, ni une certification, ni un avis de l’Agence du numérique en santé. Il ne dit rien de ce qui n’a pas été vérifié.')}"


def spoken(parts: Any, say: Speech) -> str:
    """A chart as a sentence, for whoever does not see it."""
    return ", ".join(f"{say(part.label)} {say.number(part.count)}" for part in parts if part.count) or "—"


def chapters(run: Data, view: View, say: Speech, signed: str | None, excerpts: Excerpts) -> list[Chapter]:
    """Every chapter, in order, the annexes last."""
    common, causes = shared(run, view, say, signed), Causes(run, view, say)
    rich = {
        "synthese": Chapter("1", "synthese", say("Synthèse"), [*_synthesis(run, view, say)]),
        "resultats": Chapter("6", "resultats", say("Résultats par section"), [*_results(view, say)]),
        "ecarts": Chapter("7", "ecarts", say("Non-conformités"), [*_sheets(view, say, excerpts, causes)]),
        "examiner": Chapter("8", "examiner", say("À examiner et attestations"), [*_to_examine(view, say)]),
        "preconisations": Chapter("A", "preconisations", say("Préconisations et exigences informatives"), [*_others(view, say, excerpts, causes)]),
        "documents": Chapter("B", "documents", say("Documents présentés"), [*_documents(run, say)]),
    }  # fmt: skip
    order = (
        "synthese", "identification", "banc", "methode", "couverture", "resultats", "ecarts", "examiner", "derogations",
        "comparaison", "preuves", "integrite", "limites", "preconisations", "documents",
    )  # fmt: skip
    return [{**common, **rich}[name] for name in order]


def _bar(parts: Any, say: Speech) -> list[list[Any]]:
    return [[part.key, say(part.label), part.count, say.number(part.count), round(part.share, 4)] for part in parts]


def _synthesis(run: Data, view: View, say: Speech) -> Iterator[Any]:
    total = sum(part.count for part in view.verdicts)
    yield {
        "kind": "donut", "svg": donut(view.verdicts, say.number(view.verdicts[0].count), f"{say('conformes sur')} {say.number(total)}"), "alt": spoken(view.verdicts, say),
        "head": [say("Verdict"), say("Scénarios"), say("Part")],
        "rows": [[part.key, say(part.label), say.number(part.count), say.percent(part.count, total)] for part in view.verdicts],
    }  # fmt: skip
    if moved := evolution(run, say):
        yield Paragraph(moved)
    if len(run["warnings"]) > 3:
        yield Heading(say("Avertissements de l’exécution"))
        yield Bullets([prose(clip(warning, 600)) for warning in run["warnings"][:12]])
    if view.priority:
        yield Heading(say("Non-conformités à traiter d’abord"))
        rows: list[list[Words]] = [
            [Cell(item.number, "strong", item.number), Cell(clip(item.scenario["id"], 80), "mono"),
             sentence(clip(item.scenario["reason"], 260)), Cell(say.number(len(item.blocking)), "right")]
            for item in view.priority
        ]  # fmt: skip
        yield Table("priority", say("Non-conformités à traiter d’abord"), [say("Fiche"), say("Scénario"), say("Constat"), say("Bloquants")], rows, (1, 2, 6, 1.2))  # fmt: skip
    yield Heading(say("Verdicts par section"))
    yield {
        "kind": "matrix", "head": [say("Section"), say("Répartition"), *(say(verdict.label) for verdict in DISPLAY)],
        "rows": [
            [f"{clip(section.id, 40)} – {prose(clip(section.title, 90))}", section.anchor, _bar(section.parts, say), spoken(section.parts, say),
             [say.number(section.verdicts[verdict]) for verdict in DISPLAY]]
            for section in view.sections
        ],
    }  # fmt: skip


def _results(view: View, say: Speech) -> Iterator[Any]:
    for section in view.sections:
        yield {"kind": "section", "id": section.anchor, "text": f"{clip(section.id, 40)} – {prose(clip(section.title, 160))}",
               "parts": _bar(section.parts, say), "alt": spoken(section.parts, say)}  # fmt: skip
        for requirement in section.requirements:
            yield _requirement(requirement, view, say)
    if not view.sections:
        yield Paragraph(say("Le profil ne contient aucune exigence obligatoire."), "quiet")


def _requirement(requirement: Data, view: View, say: Speech) -> Rich:
    option = requirement["option"]
    meta = [say(NATURES[requirement["nature"]]), say(Method(requirement["method"]).label)]
    if requirement["informative"]:
        meta.append(say("à titre informatif"))
    if option:
        meta.append(f"{say('option')} {prose(clip(view.options.get(option, option), 120))}")
    return {
        "kind": "requirement", "id": view.anchor["exigence " + requirement["id"]], "name": clip(requirement["id"], 80),
        "title": prose(clip(requirement["title"], 300)), "verdict": _badge(requirement["verdict"], say),
        "meta": " · ".join(meta), "reason": "" if requirement["automatable"] == "yes" else prose(clip(requirement["reason"], 800)),
        "summary": prose(clip(requirement["summary"], 1500)),
        "scenarios": [_scenario(requirement, scenario, view, say) for scenario in requirement["scenarios"]],
    }  # fmt: skip


def _scenario(requirement: Data, scenario: Data, view: View, say: Speech) -> Rich:
    verdict = scenario["verdict"]
    how = [say(UNSEEN[verdict] if verdict in UNSEEN else MODES[scenario["mode"]])]
    if scenario["duration_s"]:
        how.append(say.duration(scenario["duration_s"]))
    exchanges = [clip(one["number"], 60) for one in scenario["exchanges"]]
    lines = []
    if exchanges:
        more = len(exchanges) - 12
        numbers = ", ".join(exchanges[:12]) + (f" {say('et')} {say.count(more, 'autre')}" if more > 0 else "")
        lines.append([say.count(len(exchanges), "échange"), numbers])
    lines += [
        [f"{say('Preuve')} {clip(one['id'], 80)}", f"{prose(clip(one['title'], 300))} ({say(one['state'])})"] for one in scenario["proofs"]
    ]  # fmt: skip
    return {
        "id": view.anchor["scenario " + scenario["id"]], "name": clip(scenario["id"], 80),
        "title": "" if scenario["title"] == requirement["title"] else prose(clip(scenario["title"], 300)),
        "verdict": _badge(verdict, say), "how": " · ".join(how), "reason": sentence(clip(scenario["reason"], 1000)),
        "sheet": view.sheet_of[scenario["id"]].number if scenario["id"] in view.sheet_of else "",
        "lines": lines, "pieces": [[clip(one["name"], 160), f"{one['sha256'][:16]}…"] for one in scenario["pieces"][:20]],
        "remarks": say.count(len(scenario["findings"]), "constat sans effet sur le verdict", "constats sans effet sur le verdict")
        if scenario["findings"] and scenario["id"] not in view.sheet_of else "",
    }  # fmt: skip


def _badge(verdict: str, say: Speech) -> list[str]:
    return [verdict, say(Verdict(verdict).label)]


def _sheets(view: View, say: Speech, excerpts: Excerpts, causes: Causes) -> Iterator[Any]:
    if view.sheets:
        yield Paragraph(
            say(
                "Une fiche par scénario obligatoire non conforme : ce qui était attendu, ce qui a été constaté, où, et comment corriger."
            )
        )
        yield from (_sheet(item, view, say, excerpts, causes) for item in view.sheets)
    else:
        share = say.percent(view.coverage[0].count, view.applicable)
        yield Paragraph(
            f"{say('Aucune non-conformité n’a été constatée dans ce qui a été vérifié.')} {say('Part vérifiée par la machine :')} {share}."
        )
    if view.bench_errors:
        yield Heading(say("Erreurs du banc"))
        yield Paragraph(say("Le banc a failli pendant ces scénarios. Rien n’est dit du logiciel ; ils sont à rejouer."))
        rows: list[list[Words]] = [
            [Cell(clip(item.scenario["id"], 80), "mono", view.anchor["scenario " + item.scenario["id"]]),
             sentence(clip(item.scenario["reason"], 600)), Cell(clip(item.scenario["replay"], 300), "mono")]
            for item in view.bench_errors
        ]  # fmt: skip
        yield Table(
            "bench-errors",
            say("Erreurs du banc"),
            [say("Scénario"), say("Ce qui s’est passé"), say("Rejouer")],
            rows,
            (2, 4, 4),
        )


def _sheet(item: Item, view: View, say: Speech, excerpts: Excerpts, causes: Causes) -> Rich:
    scenario, requirement = item.scenario, item.requirement
    left = len(item.blocking) - _FINDINGS
    foot = [[say("Cause probable"), causes.of(item)],
            [say("Échanges"), ", ".join(clip(one["number"], 60) for one in scenario["exchanges"][:12])],
            [say("Pièces"), clip(", ".join(one["name"] for one in scenario["pieces"][:12]), 600)],
            [say("Preuves concernées"), ", ".join(clip(one["id"], 80) for one in scenario["proofs"][:12])],
            [say("Rejouer"), clip(scenario["replay"], 600)]]  # fmt: skip
    return {
        "kind": "sheet", "id": item.number, "title": prose(clip(scenario["title"], 300)), "verdict": _badge(scenario["verdict"], say),
        "scenario": [clip(scenario["id"], 80), view.anchor["scenario " + scenario["id"]]],
        "place": f"{clip(requirement['section'], 40)}, {prose(clip(requirement['section_title'], 120))}",
        "findings": [_finding(one, say, excerpts) for one in item.blocking[:_FINDINGS]],
        "more": say.count(left, "autre constat bloquant, dans run.json", "autres constats bloquants, dans run.json") if left > 0 else "",
        "foot": [row for row in foot if row[1]],
    }  # fmt: skip


def _finding(one: Data, say: Speech, excerpts: Excerpts) -> Rich:
    where = one.get("where") or {}
    place = [str(where[key]) for key in ("source", "part") if key in where]
    if "line" in where:
        place.append(f"{say('ligne')} {say.number(where['line'])}")
    if "path" in where:
        place.append(where["path"])
    quoted = one.get("excerpt") or "\n".join(
        f"{line.number} {'▸' if line.hit else ' '} {line.text}" for line in excerpts.of(one)
    )
    rows = ((say("Attendu"), one.get("expected")), (say("Constaté"), one.get("observed")), (say("Où"), clip(", ".join(place), 600)),
            (say("Pour corriger"), prose(one.get("fix"))), (say("Référence"), prose(one.get("source"))))  # fmt: skip
    return {
        "gravity": say(Severity(one["severity"]).label), "message": prose(clip(one["message"], 2000)),
        "rows": [[name, clip(value, 1200)] for name, value in rows if value], "excerpt": clip(quoted, 2000), "rule": clip(one["rule"], 120),
    }  # fmt: skip


def _to_examine(view: View, say: Speech) -> Iterator[Any]:
    yield Heading(say("À examiner par une personne"))
    for item in view.to_examine:
        protocol = item.requirement["protocol"] or {}
        asked = [[say(name), prose(clip(protocol.get(key), 1500))] for name, key in (("À regarder", "show"), ("Accepté, par exemple", "accepted"), ("Refusé", "refused"))]  # fmt: skip
        yield {
            "kind": "review", "name": clip(item.scenario["id"], 80), "title": prose(clip(item.scenario["title"], 300)),
            "href": view.anchor["scenario " + item.scenario["id"]], "reason": sentence(clip(item.scenario["reason"], 1500)),
            "rows": [row for row in asked if row[1]], "pieces": [[clip(one["name"], 160), one["sha256"]] for one in item.scenario["pieces"][:10]],
        }  # fmt: skip
    if not view.to_examine:
        yield Paragraph(say("Rien n’attend le jugement d’une personne."), "quiet")
    yield Heading(say("Décisions des relecteurs"))
    yield reviews_table(view, say) or Paragraph(say("Aucune décision n’a été enregistrée."), "quiet")
    yield Heading(say("Non vérifiés et preuves manquantes"))
    rows: list[list[Words]] = [
        [Cell(clip(item.scenario["id"], 80), "mono", view.anchor["scenario " + item.scenario["id"]]), sentence(clip(item.scenario["reason"], 300)),
         "\n".join(f"{clip(one['id'], 80)} {prose(clip(one['title'], 200))}" for one in item.scenario["proofs"] if one["state"] != "fournie")]
        for item in view.unverified
    ]  # fmt: skip
    if rows:
        yield Table("missing", say("Non vérifiés et preuves manquantes"), [say("Scénario"), say("Pourquoi il n’est pas vérifié"), say("Ce qu’il faut fournir")], rows, (2, 4, 4))  # fmt: skip
    else:
        yield Paragraph(
            say("Tous les scénarios obligatoires applicables ont été vérifiés ou attendent un examen."), "quiet"
        )


def reviews_table(view: View, say: Speech) -> Table | None:
    """Who decided what on which proof, when and why; None when nobody did."""
    rows: list[list[Words]] = [
        [Cell(clip(review["proof"], 80), "mono", view.anchor["scenario " + scenario["id"]]), say(review["decision"]),
         f"{clip(review['by'], 160)}, {say.moment(review['at'])}", prose(clip(review["reason"], 600)),
         say("oui") if review["holds"] else say("non : les pièces ont changé depuis")]
        for scenario, review in view.reviews
    ]  # fmt: skip
    head = [say("Preuve"), say("Décision"), say("Par"), say("Motif"), say("Compte encore")]
    return Table("reviews", say("Décisions des relecteurs"), head, rows, (2, 1.6, 2.4, 4, 1.6)) if rows else None


def _others(view: View, say: Speech, excerpts: Excerpts, causes: Causes) -> Iterator[Any]:
    yield Paragraph(say("Jouées et montrées à part : elles ne compensent rien et ne condamnent pas."))
    for title, requirements in (
        (say("Préconisations"), view.recommended),
        (say("Exigences informatives"), view.informative),
    ):
        yield Heading(title)
        yield from (_requirement(requirement, view, say) for requirement in requirements)
        if not requirements:
            yield Paragraph(say("Aucune."), "quiet")
    if view.other_sheets:
        yield Heading(say("Écarts aux préconisations et aux exigences informatives"))
        yield from (_sheet(item, view, say, excerpts, causes) for item in view.other_sheets)


def _documents(run: Data, say: Speech) -> Iterator[Any]:
    rows: list[list[Words]] = [
        [[Cell(clip(one["name"], 200)), Cell(prose(clip(one["label"], 160)), "quiet")], f"{one['kind']}, {say.size(one['size'])}",
         say.count(len(one["findings"]), "constat"), Cell(one["sha256"], "mono")]
        for one in run["documents"]
    ]  # fmt: skip
    if rows:
        yield Table(
            "documents",
            say("Documents présentés"),
            [say("Document"), say("Type et taille"), say("Constats"), "SHA-256"],
            rows,
            (4, 2, 1.5, 4),
        )
    else:
        yield Paragraph(say("Aucun document n’a été présenté."), "quiet")
