"""How often R28 and R29 are right: `python -m bench.jumps [units]`.

Reports of four years are made up, and in 2 of 100 of the last year's one figure is spoilt as clerks spoil
them: a digit too many, a digit lost, 元 where 万元 belong.  A finding is right when it names a spoilt cell.

Twice: with the demonstration's figures, which lie in a narrow range and differ little from year to year, and
with figures as bodies have them: each its own size, of which a few are many times the usual one, and a
quarter more or less each year.
"""

from __future__ import annotations

import random
import sys
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from math import log

from app.domain.agencies import AgencyKind, AgencyLevel
from app.domain.content import Content
from app.domain.context import Context, Reporter, RuleSettings
from app.domain.judging import judge
from app.domain.results import Outcome
from app.domain.years import mark_of, watched_cells
from app.forms.annual_2021 import FORM
from app.services.agency_details import AgencyDetails
from app.services.contents import empty_content
from app.services.demo import made_up_content
from app.storage.models import Agency
from bench.report import about_this_run

YEARS = (2022, 2023, 2024, 2025)
SPOILT = 0.02
CELLS = watched_cells(FORM)
FEES = "disclosure.fees.amount"
YUAN_IN_10000 = 10**4
TWO_DIGITS = LEAST = 10
SIZES, DRIFT = 1.2, 0.25
"""Standard deviations of the logarithms of sizes, and of a year's figures around their own size."""
NOW = datetime(2026, 1, 20, tzinfo=UTC)
LEVELS = (AgencyLevel.TOWNSHIP, AgencyLevel.COUNTY)
RULES = ("R28", "R29 own years", "R29 peers")


@dataclass(slots=True)
class Score:
    """How a rule did."""

    right: int = 0
    wrong: int = 0
    found: set[int] = field(default_factory=set)


@dataclass(slots=True)
class Unit:
    """A body with its reports, the last of which may be spoilt."""

    level: AgencyLevel
    earlier: tuple[tuple[int, dict[str, int | None]], ...]
    content: Content
    spoilt: str | None = None
    slip: str | None = None


def main() -> None:
    """Print precision and recall of each rule, for a few thresholds."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 4000
    print(about_this_run())
    units = [_unit(number) for number in range(count)]
    _measure("The demonstration's figures", units)
    _measure("Figures of differing sizes", [_sized(unit, number) for number, unit in enumerate(units)])


def _measure(name: str, units: list[Unit]) -> None:
    chance = random.Random(20261125)
    units = [replace(unit) for unit in units]
    for unit in units:
        if chance.random() < SPOILT:
            _spoil(unit, chance)
    marks = {level: _marks(units, level) for level in LEVELS}
    spoilt = sum(unit.spoilt is not None for unit in units)
    print(f"\n{name}: {len(units)} reports, {spoilt} of them spoilt: {_slips(units)}.\n")
    print("| rule | difference | ratio | findings | precision | recall |\n|---|---|---|---|---|---|")
    for difference, ratio in ((10, 3), (20, 5), (30, 8)):
        scores = _scores(units, marks, {"R29.difference": difference, "R29.ratio": ratio, "R29.peers": 1})
        for rule in RULES if difference == LEAST else RULES[1:]:
            _print(rule, (difference, ratio), scores[rule], spoilt)


def _print(rule: str, thresholds: tuple[int, int], score: Score, spoilt: int) -> None:
    findings = score.right + score.wrong
    precision = score.right / findings if findings else 1
    recall = len(score.found) / spoilt
    print(f"| {rule} | {thresholds[0]} | {thresholds[1]} | {findings} | {precision:.2f} | {recall:.2f} |")


def _unit(number: int) -> Unit:
    level = LEVELS[number % len(LEVELS)]
    details = AgencyDetails(f"J{number}", f"示例{number}", level, AgencyKind.DEPARTMENT, None)
    agency = Agency(
        code=details.code,
        name=details.name,
        level=level,
        kind=details.kind,
        report_scope=details.report_scope,
        created_at=NOW,
        updated_at=NOW,
    )
    contents = [made_up_content(empty_content(FORM, year, agency), details) for year in YEARS]
    earlier = tuple((each.year, dict(each.values)) for each in reversed(contents[:-1]))
    return Unit(level, earlier, contents[-1])


def _sized(unit: Unit, number: int) -> Unit:
    """Give a unit figures of its own size, which differ a little from year to year."""
    chance = random.Random(number)
    years: list[dict[str, int | None]] = []
    sizes = {code: chance.lognormvariate(_usual(code), SIZES) for code in CELLS}
    for _ in YEARS:
        drawn = {code: int(size * chance.lognormvariate(0, DRIFT)) for code, size in sizes.items()}
        years.append({**unit.content.values, **drawn})
    earlier = tuple((year, values) for (year, _), values in zip(unit.earlier, years[1:], strict=True))
    return Unit(unit.level, earlier, replace(unit.content, values=years[0]))


def _usual(code: str) -> float:
    """Return the logarithm of the usual figure of a cell: of fees 20 万元, in their smallest unit."""
    return log(20 * 10**6) if code == FEES else log(20)


def _spoil(unit: Unit, chance: random.Random) -> None:
    """Spoil a figure that can be."""
    values = dict(unit.content.values)
    able = [code for code in CELLS if values[code]]
    code = chance.choice(able)
    value = values[code] or 0
    slips = {"a digit too many": value * 10 + chance.randrange(10)}
    if value >= TWO_DIGITS:
        slips["a digit lost"] = value // 10
    if code == FEES:
        slips = {"元 for 万元": value * YUAN_IN_10000}
    unit.slip = chance.choice(list(slips))
    values[code] = slips[unit.slip]
    unit.spoilt, unit.content = code, replace(unit.content, values=values)


def _slips(units: list[Unit]) -> str:
    counts: dict[str, int] = defaultdict(int)
    for unit in units:
        if unit.slip is not None:
            counts[unit.slip] += 1
    return ", ".join(f"{count} {slip}" for slip, count in sorted(counts.items()))


def _marks(units: list[Unit], level: AgencyLevel) -> dict[str, int]:
    peers = [unit.content.values for unit in units if unit.level is level]
    return {code: mark_of([values[code] or 0 for values in peers]) for code in CELLS}


def _scores(
    units: list[Unit], marks: dict[AgencyLevel, dict[str, int]], thresholds: dict[str, int]
) -> dict[str, Score]:
    scores = {rule: Score() for rule in RULES}
    for number, unit in enumerate(units):
        context = Context(
            Reporter(level=unit.level, kind=AgencyKind.DEPARTMENT),
            earlier=unit.earlier,
            marks=marks[unit.level],
            settings=RuleSettings(thresholds=thresholds),
        )
        for result in judge(unit.content, context):
            if result.rule.id in {"R28", "R29"} and result.outcome is Outcome.BROKEN:
                half = "peers" if result.code.startswith("peers.") else "own years"
                score = scores["R28" if result.rule.id == "R28" else f"R29 {half}"]
                is_right = unit.spoilt in result.cells
                score.right += is_right
                score.wrong += not is_right
                score.found |= {number} if is_right else set()
    return scores


if __name__ == "__main__":
    main()
