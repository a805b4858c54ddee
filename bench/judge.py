"""How long one report is judged: `python -m bench.judge`.

Every rule of the catalogue but R27, which needs other reports, on one core, in ms of processor time: the
median of all that was measured of a kind, and, of the median report, the shortest, which other work on the
machine lengthens least.  Prose comes from the corpus that figures are read from (`seen.json` in the tests):
sections of four to six hundred characters with a dozen figures, denser than most reports are.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from app.domain.agencies import AgencyKind, AgencyLevel
from app.domain.context import Context, Reporter
from app.domain.judging import judge
from bench.report import about_this_run
from tests.builders import a_balanced_report, a_content

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.domain.content import Content

ROOT = Path(__file__).resolve().parents[1]
YEAR = 2023
NAME = "示例县人民政府"
CONTEXT = Context(Reporter(NAME, AgencyLevel.COUNTY, AgencyKind.GOVERNMENT))
TIMES = 60
SHORT = ("全年收到政府信息公开申请3件。", "公开不够及时，下一步将改进。", "没有收取信息处理费。")
FEWEST, MOST = 1000, 1200
"""Characters of a dense report."""


@dataclass(frozen=True, slots=True)
class Kind:
    """Reports of one kind."""

    name: str
    reports: tuple[Content, ...]

    @property
    def characters(self) -> float:
        """How much prose they have."""
        return median(sum(len(text or "") for text in each.narratives.values()) for each in self.reports)


def main() -> None:
    """Print a row for each kind of report."""
    print(about_this_run())
    print("\n| prose | characters | median ms | at best |\n|---|---|---|---|")
    for kind in kinds():
        took = [_took(report) for report in kind.reports]
        usual, best = median(each for of_one in took for each in of_one), median(map(min, took))
        print(f"| {kind.name} | {kind.characters:.0f} | {usual:.2f} | {best:.2f} |")


def kinds() -> Iterator[Kind]:
    """Yield what is measured."""
    yield Kind("none", (replace(_report("", "", ""), narratives={}),))
    yield Kind("a sentence a section", (_report(*SHORT),))
    yield Kind("of a township (the seed)", (_seed(),))
    yield Kind("dense", tuple(_dense(1)))
    yield Kind("dense, twice as long", tuple(_dense(2)))


def _report(overview: str, problems: str, other_matters: str) -> Content:
    narratives = {"overview": overview, "problems": problems, "other_matters": other_matters}
    return replace(a_content(values=a_balanced_report(), narratives=narratives), year=YEAR)


def _seed() -> Content:
    text = (ROOT / "app" / "services" / "demo_township_2021.txt").read_text(encoding="utf-8")
    heads = ("一、总体情况", "二、行政机关", "五、存在", "六、其他")
    one, two, five, six = (text.index(head) for head in heads)
    return _report(text[one:two], text[five:six], text[six:])


def _dense(times: int) -> Iterator[Content]:
    """Yield reports whose sections are so many times as long as those of the corpus."""
    items = json.loads((ROOT / "tests" / "domain" / "prose" / "seen.json").read_text(encoding="utf-8"))
    sections = {
        name: [item["text"] for item in items if item["shape"] == "section" and item["section"] == name]
        for name in ("overview", "problems", "other_matters")
    }
    joined = (
        ["\n".join(texts[(at + step) % len(texts)] for step in range(times)) for at in range(len(texts))]
        for texts in sections.values()
    )
    for parts in product(*joined):
        if FEWEST * times <= sum(map(len, parts)) <= MOST * times:
            yield _report(*parts)


def _took(report: Content) -> list[float]:
    """Return how long judging a report took, each time, in ms."""
    took = []
    for _ in range(TIMES):
        started = time.process_time()
        judge(report, CONTEXT)
        took.append(1000 * (time.process_time() - started))
    return took


if __name__ == "__main__":
    main()
