"""What a report is judged beside: whose it is, last year's, what others say, what its county has set."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.domain.agencies import AgencyKind, AgencyLevel

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from app.domain.content import Content
    from app.domain.reorganisations import Holding
    from app.domain.rules import Level, Rule
    from app.domain.values import Values
    from app.forms.model import CellCode


@dataclass(frozen=True, slots=True)
class Reporter:
    """The body whose report it is, as it stood in the report's year.

    Attributes:
        name: its full name.
        level: None where nobody knows; rules that depend on it are not judged then.
        kind: likewise.
        above: names of the bodies above it, the nearest first: their names are no strangers in its prose.
        neighbours: names of the bodies beside it: theirs are.
    """

    name: str | None = None
    level: AgencyLevel | None = None
    kind: AgencyKind | None = None
    above: tuple[str, ...] = ()
    neighbours: tuple[str, ...] = ()

    @property
    def may_make_rules(self) -> bool | None:
        """Whether it may make 规章 (立法法): State Council departments, governments of provinces and cities.

        None where its level or kind isn't known.  行政公署 of a 盟 or 地区 act for the province's government.
        """
        if self.level is None or self.kind is None:
            return None
        if self.level is AgencyLevel.NATION:
            return True
        is_high = self.level in {AgencyLevel.PROVINCE, AgencyLevel.PREFECTURE}
        return is_high and self.kind is AgencyKind.GOVERNMENT and not self._acts_for_a_province

    @property
    def _acts_for_a_province(self) -> bool:
        return (self.name or "").removesuffix("人民政府").endswith(("公署", "行署", "盟", "地区"))


@dataclass(frozen=True, slots=True)
class Alike:
    """Another report whose prose is close to this one's (内容雷同).

    Attributes:
        code: of the body whose it is.
        agency: its name.
        year: its report year.
        is_own: whether it is the body's own report of last year.
        percent: of this report's prose, as `app.domain.similarity` counts it, that stands in the other one.
        passages: the longest passages that both have, as they stand in this one; none where R27 is kept.
    """

    code: str
    agency: str
    year: int
    is_own: bool
    percent: int
    passages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RuleSettings:
    """What a county, or a body above it, has set otherwise than the catalogue says.

    Attributes:
        levels: by rule: 核实性 or 提示性 only, and only for rules that are one of them.
        thresholds: by `rule.threshold`: whole numbers in the threshold's own unit.
    """

    levels: Mapping[str, Level] = field(default_factory=dict)
    thresholds: Mapping[str, int] = field(default_factory=dict)

    def level_of(self, rule: Rule) -> Level:
        """Return how hard a rule is here."""
        return self.levels.get(rule.id, rule.level) if rule.is_adjustable else rule.level

    def threshold(self, rule: Rule, code: str) -> int:
        """Return the value of one of a rule's thresholds here."""
        return self.thresholds.get(f"{rule.id}.{code}", rule.thresholds[code].default)


def nearest(settings: Iterable[RuleSettings]) -> RuleSettings:
    """Return what holds of several settings, the nearest first: level by level, threshold by threshold."""
    levels: dict[str, Level] = {}
    thresholds: dict[str, int] = {}
    for each in settings:
        levels = {**each.levels, **levels}
        thresholds = {**each.thresholds, **thresholds}
    return RuleSettings(levels, thresholds)


@dataclass(frozen=True, slots=True)
class Context:
    """All that a report is judged beside.

    Attributes:
        reporter: whose it is.
        last_year: its report of the year before that counts (上报 or later); None where there is none.  Where
            it was merged or split meanwhile: the figures that it has by that, without any prose.
        inherited: how it came to those figures; None where they are its own.
        earlier: its own figures of up to three years before, the newest first, each with its year.
        marks: by cell, what 99 of 100 of its peers don't exceed in this year; empty where there are too few.
        peers: how many they are: bodies of its level and kind.
        marked_on: when that was worked out.
        alike: reports whose prose is close to this one's.
        settings: what its county has set.
    """

    reporter: Reporter = Reporter()
    last_year: Content | None = None
    inherited: Holding | None = None
    earlier: tuple[tuple[int, Values], ...] = ()
    marks: Mapping[CellCode, int] = field(default_factory=dict)
    peers: int = 0
    marked_on: date | None = None
    alike: tuple[Alike, ...] = ()
    settings: RuleSettings = field(default_factory=RuleSettings)


ALONE = Context()
"""Nothing is known but the report itself."""
