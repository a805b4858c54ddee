"""Which of a body's figures of last year go to whom when it is split: they must be all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.domain.guesses import guess
from app.domain.reorganisations import carried_cells
from app.domain.values import to_text
from app.errors import Fault
from app.forms import form_of_year
from app.services.agencies import key_of
from app.services.successions import figures_held

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from app.domain.values import Values
    from app.forms.model import ReportForm
    from app.storage.engine import WriteSession
    from app.storage.models import Agency


def allocation_faults(
    session: WriteSession,
    agency: Agency,
    day: date,
    allocation: Mapping[str, Values],
    receivers: Sequence[str],
) -> list[Fault]:
    """Return what is wrong with an allocation of a body's figures of last year.

    Args:
        session: the transaction.
        agency: the body that is split.
        day: on which it is.
        allocation: figures by cell, by code of who gets them.
        receivers: the codes of all who get a part.
    """
    form = form_of_year(day.year - 1)
    if form is None:
        message = f"{day.year - 1} 年度没有报告格式，没有上年的数可分；请去掉 allocation"
        return [Fault("/allocation", message, "no-form")]
    faults = [*_of_receivers(allocation, receivers), *_of_cells(form, allocation)]
    return faults or [*_of_sums(form, allocation, figures_held(session, key_of(agency), day))]


def _of_receivers(allocation: Mapping[str, Values], receivers: Sequence[str]) -> Iterator[Fault]:
    for code in allocation:
        if code not in receivers:
            message = f"“{code}”不是拆分后的机关{guess(code, receivers)}"
            yield Fault(f"/allocation/{code}", message, "unknown-agency")
    cells = dict.fromkeys(cell for values in allocation.values() for cell in values)
    for code in receivers:
        without = [cell for cell in cells if cell not in allocation.get(code, {})]
        if without or code not in allocation:
            told = f"：{'、'.join(without)}" if without else ""
            message = f"没有写分给“{code}”多少{told}；一件也不分的写 0"
            yield Fault("/allocation", message, "incomplete-allocation")


def _of_cells(form: ReportForm, allocation: Mapping[str, Values]) -> Iterator[Fault]:
    known = carried_cells(form.cells)
    for code, values in allocation.items():
        for cell in values:
            if cell not in known:
                message = f"“{cell}”不是可以分的格{guess(cell, known)}；可以分的是结转下年度和现行有效等"
                yield Fault(f"/allocation/{code}", message, "unknown-cell")


def _of_sums(form: ReportForm, allocation: Mapping[str, Values], known: Values) -> Iterator[Fault]:
    """Hold what is given out to what there was, where that is known."""
    for cell in next(iter(allocation.values()), {}):
        there, given = known.get(cell), sum(values[cell] or 0 for values in allocation.values())
        if there is not None and there != given:
            measure = form.cells[cell].measure
            message = (
                f"{form.cells[cell].label}：各机关分得的加起来是 {to_text(measure, given)}，"
                f"上年报告是 {to_text(measure, there)}，相差 {to_text(measure, abs(given - there))}"
            )
            yield Fault("/allocation", message, "wrong-sum")
