"""What a workbook is made from: everything that its writer needs to be told, and nothing that it looks up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.domain.explanations import NOTHING_EXPLAINED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from app.domain.content import Content
    from app.domain.explanations import Explanations
    from app.domain.finalisation import Differences, FrozenAdjustment
    from app.domain.reconciliation_model import Reconciled
    from app.domain.results import Result
    from app.domain.roll_up import RollUp
    from app.domain.values import Values
    from app.forms.model import ReportForm


@dataclass(frozen=True, slots=True)
class ReportBook:
    """One report.

    Attributes:
        content: what it says.
        agency: full name of the body that reports.
        status: where it stands, in Chinese: 草稿, 已上报 …
        results: what came of the rules, the kept ones too.
        as_of: when this was read, with a time zone; the same book with the same time gives the same bytes.
        notes: what readers must be told before they read on: 更正说明.
        explanations: what was said of the findings.
    """

    content: Content
    agency: str
    status: str
    results: Sequence[Result]
    as_of: datetime
    notes: Sequence[str] = ()
    explanations: Explanations = NOTHING_EXPLAINED

    @property
    def title(self) -> str:
        """The report's title; what the form prescribes where it has none."""
        content = self.content
        return content.title or content.form.title.format(agency=self.agency, year=content.year)


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A unit whose report is in the sum.

    Attributes:
        code: the agency's code.
        name: its full name.
        level: its level in Chinese: 乡级 …
        kind: its kind in Chinese: 人民政府 …
        status: where its report stands, in Chinese.
        values: its numbers.
        narratives: its prose by section code, shown on the unit's sheet; None leaves prose out.
    """

    code: str
    name: str
    level: str
    kind: str
    status: str
    values: Values
    narratives: Mapping[str, str | None] | None = None


@dataclass(frozen=True, slots=True)
class Owed:
    """A unit whose report isn't in the sum.

    Attributes:
        code: the agency's code.
        name: its full name.
        state: in Chinese: 缺报, 草稿, 免报, 不计入 …
        reason: why, in Chinese; empty where there is nothing to add.
    """

    code: str
    name: str
    state: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class FinalBook:
    """The total of a roll-up as it was made final.

    Attributes:
        number: how many times it was, with this one.
        finalised_by: who did it.
        finalised_at: when.
        digest: of all that it was made of.
        totals: with adjustments.
        differences: how the live total differs from it.
    """

    number: int
    finalised_by: str
    finalised_at: datetime
    digest: str
    totals: Values
    differences: Differences


@dataclass(frozen=True, slots=True)
class ReconciliationBook:
    """The county's own report held against the roll-up.

    Attributes:
        report: which, in a sentence.
        said: how its figures are called: 公布, 上报, 草稿.
        found: what came of it.
    """

    report: str
    said: str
    found: Reconciled


@dataclass(frozen=True, slots=True)
class RollUpBook:
    """The sum of the reports below an agency.

    Attributes:
        form: on which they are made.
        agency_code: whose subtree it is.
        agency: its full name.
        year: the report year.
        status: 临时, or 定稿 and for how many times.
        basis: which reports count, in Chinese.
        counts: how many units there are of each sort, in the order to be shown: 应报 50, 已报 48 …
        rolled: the sum.
        results: the balances judged on the sum.
        units: what was added, in the order to be shown.
        missing: what was not.
        as_of: when this was read, with a time zone; the same book with the same time gives the same bytes.
        adjustments: what was adjusted beside the sum.
        final: the total that is final; None while it is provisional.
        reconciliation: the county's own report held against the sum; None where there is none.
    """

    form: ReportForm
    agency_code: str
    agency: str
    year: int
    status: str
    basis: str
    counts: Sequence[tuple[str, int]]
    rolled: RollUp
    results: Sequence[Result]
    units: Sequence[UnitRow]
    missing: Sequence[Owed]
    as_of: datetime
    adjustments: Sequence[FrozenAdjustment] = ()
    final: FinalBook | None = None
    reconciliation: ReconciliationBook | None = None

    @property
    def title(self) -> str:
        """The title of the reports it sums, and that it is a sum."""
        return f"{self.form.title.format(agency=self.agency, year=self.year)}汇总"

    @property
    def period(self) -> str:
        """The statistical period in words."""
        return self.form.period.format(year=self.year)
