"""Who gave what to a cell of a roll-up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.domain.adjusting import adjusted
from app.domain.agencies import reference_day
from app.domain.guesses import guess
from app.domain.orders import Mark, Order
from app.domain.roll_up import RollUp, joined, share_of
from app.errors import Fault, InvalidRequest, NotFound
from app.forms import form_of_year
from app.services.agencies import key_of
from app.services.scopes import find_scope
from app.services.successions import holdings_on
from app.storage.finalisations import adjustments_in
from app.storage.parts import list_largest, sum_cells
from app.storage.surroundings import counting_numbers

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from decimal import Decimal

    from app.auth.actor import Actor
    from app.forms.model import Cell, CellCode
    from app.services.scopes import Asked, Scope
    from app.storage.engine import ReadSession
    from app.storage.finalisations import Adjusted
    from app.storage.parts import Figures

EVERY_CELL = "all"


def pick_cells(known: Mapping[CellCode, Cell], codes: Iterable[str], parameter: str) -> tuple[CellCode, ...]:
    """Return codes of cells that a parameter names, each once.

    Raises:
        InvalidRequest: some of them aren't known.
    """
    asked, where = tuple(dict.fromkeys(codes)), {"in": "query", "parameter": parameter}
    faults = [
        Fault("", f"表中没有“{code}”这一格{guess(code, known)}", "unknown-cell", where)
        for code in asked
        if code not in known
    ]
    if faults:
        raise InvalidRequest("有的格在表中没有", faults)
    return asked


@dataclass(frozen=True, slots=True)
class Contribution:
    """What a report gave to a cell of a roll-up.

    Attributes:
        code: of the agency whose it is.
        name: its name.
        value: in the smallest unit; None where the report lacks the cell.
        share: of the total, to four places; None where that isn't above 0, or the value is missing.
        last_year: what the same agency's report of the year before has in the cell of the same code; of one
            that others were merged into meanwhile, their sum.
    """

    code: str
    name: str
    value: int | None
    share: Decimal | None
    last_year: int | None


@dataclass(frozen=True, slots=True)
class Contributions:
    """Who gave what to a cell.

    Attributes:
        scope: the roll-up.
        cell: which.
        total: the sum with the number of reports, and of those that lack the cell.
        items: the largest first, those that lack it last.
        adjustments: of all that was adjusted in the subtree, what changes the cell, the oldest first.
    """

    scope: Scope
    cell: Cell
    total: RollUp
    items: list[Contribution]
    adjustments: list[Adjusted]

    @property
    def adjusted_sum(self) -> int | None:
        """The sum with whatever was adjusted."""
        return adjusted(self.total.totals, [each.lines for each in self.adjustments])[self.cell.code]


LARGEST_FIRST = Order("value", descending=True)


def list_contributions(
    session: ReadSession, actor: Actor, asked: Asked, code: CellCode, after: Mark | None, limit: int
) -> Contributions:
    """Return what each report that a roll-up adds has in a cell, in the order `LARGEST_FIRST`.

    Raises:
        NotFound: there is no such agency, it stands nowhere on the tree, or the form has no such cell.
        InvalidRequest: the year has no form.
    """
    scope = find_scope(session, actor, asked)
    cell = scope.form.cells.get(code)
    if cell is None:
        raise NotFound(f"{scope.form.name}没有“{code}”这一格{guess(code, scope.form.cells)}")
    connection, subtrees = session.connection(), scope.subtrees()
    total = joined((code,), [sum_cells(connection, scope.table, some, (code,)) for some in subtrees])
    largest = [
        each for some in subtrees for each in list_largest(connection, scope.table, some, code, after, limit)
    ]
    found = LARGEST_FIRST.arrange(largest, _mark_of)[:limit]
    before = _last_year(session, code, asked.year, [each.agency_id for each in found])
    items = [_contribution(each, total.totals[code], before.get(each.agency_id)) for each in found]
    return Contributions(scope, cell, total, items, _adjustments(session, scope, code))


def _mark_of(figures: Figures) -> Mark:
    (value,) = figures.values
    return Mark(value, figures.code)


def _adjustments(session: ReadSession, scope: Scope, code: CellCode) -> list[Adjusted]:
    if not scope.has_adjustments:
        return []
    known = adjustments_in(session, key_of(scope.agency), scope.asked.year)
    return [each for each in known if code in each.lines]


def _last_year(session: ReadSession, code: CellCode, year: int, agencies: list[int]) -> dict[int, int | None]:
    form = form_of_year(year - 1)
    if form is None or code not in form.cells:
        return {}
    rows = counting_numbers(session, form, [code], agencies, range(year - 1, year))
    own = {agency: values[code] for agency, _, values in rows}
    held = holdings_on(session, agencies, reference_day(year))
    return own | {agency: holding.values.get(code) for agency, holding in held.items()}


def _contribution(figures: Figures, total: int | None, last_year: int | None) -> Contribution:
    (value,) = figures.values
    share = None if value is None or total is None or total <= 0 else share_of(value, total)
    return Contribution(figures.code, figures.name, value, share, last_year)


def mark_of_contribution(item: Contribution) -> Mark:
    """Return where a contribution stands in `LARGEST_FIRST`."""
    return Mark(item.value, item.code)
