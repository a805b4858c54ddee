"""Judging a year's reports anew."""

from __future__ import annotations

import json
import sys
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.running import WRONG, existing_database, explained, settings_read
from app.domain.results import Outcome
from app.domain.rules import RULES
from app.jobs.rechecks import recheck_parts
from app.jobs.worker import Opening
from app.services.filed import find_form
from app.services.peers import mark_peers
from app.services.rechecking import Depth, reports_to_recheck
from app.storage.engine import Patience

if TYPE_CHECKING:
    from app.services.rechecking import Rechecked


@dataclass(slots=True)
class _Tally:
    """What came of all reports so far."""

    reports: int = 0
    with_findings: int = 0
    breaking: int = 0
    unexplained: int = 0
    results: Counter[tuple[str, Outcome]] = field(default_factory=Counter)
    explained: Counter[str] = field(default_factory=Counter)
    reports_by_rule: Counter[str] = field(default_factory=Counter)

    def add(self, one: Rechecked) -> None:
        self.reports += 1
        self.with_findings += bool(one.counts)
        self.breaking += one.breaks
        self.unexplained += one.unexplained
        self.results += one.counts
        self.explained += one.explained
        self.reports_by_rule.update({rule for rule, _ in one.counts})


def recheck(
    year: Annotated[int, typer.Option(help="报告年度")],
    under: Annotated[str | None, typer.Option(help="只核对这个机关及其下各机关的报告")] = None,
    without_alike: Annotated[
        bool, typer.Option("--without-alike", help="不核对文字雷同（R27）；它比其余的合起来还要久")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="有疑问的报告每份打印一行 JSON；不写则按规则打印合计")
    ] = False,
) -> None:
    """按现在的规则重新核对一个年度的报告，报告不变。Judge every report of a year anew."""
    settings = settings_read()
    database = existing_database(settings)
    with explained():
        mark_peers(database, year)
        with database.reading() as session:
            parts = reports_to_recheck(session, year, under)
        database.engine.dispose()
        opening = Opening(settings.database_url, settings.digest, Patience())
        tally, depth = _Tally(), Depth(as_json, not without_alike)
        with typer.progressbar(length=sum(map(len, parts)), label="核对", file=sys.stderr) as bar:
            for part in recheck_parts(opening, year, parts, depth):
                for one in part:
                    tally.add(one)
                    if as_json and one.counts:
                        _print_line(year, one)
                bar.update(len(part))
    _print_summary(tally, year, err=as_json)
    raise typer.Exit(WRONG if tally.breaking else 0)


def _print_line(year: int, one: Rechecked) -> None:
    said = {"agency": one.agency, "name": one.name, "year": year, "status": one.status.value}
    typer.echo(json.dumps({**said, "findings": one.findings}, ensure_ascii=False))


def _print_summary(tally: _Tally, year: int, *, err: bool) -> None:
    form = find_form(year)
    for rule_id in sorted(tally.reports_by_rule):
        rule = RULES[rule_id]
        counts = "，".join(
            f"{outcome.label} {count} 处"
            for outcome in (Outcome.BROKEN, Outcome.NOT_EVALUATED)
            if (count := tally.results[rule_id, outcome])
        )
        reports, explained = tally.reports_by_rule[rule_id], tally.explained[rule_id]
        said = f"（已有出错说明 {explained} 处）" if explained else ""
        line = f"{rule_id} {rule.level.label}  {reports} 份报告，{counts}{said}  {rule.title_on(form)}"
        typer.echo(line, err=err)
    typer.echo(
        f"核对 {tally.reports} 份报告，{tally.with_findings} 份有疑问；"
        f"应写出错说明而没有写的 {tally.unexplained} 处；"
        f"已上报而不符合强制性规则的 {tally.breaking} 份",
        err=err,
    )


COMMANDS = {"recheck": recheck}
