"""The 34 cells that are sums of others: worked out where they were not sent, never guessed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from app.domain.values import Values
    from app.forms.model import CellCode, ReportForm


def complete(form: ReportForm, sent: Values) -> dict[CellCode, int | None]:
    """Return every cell: those sent as they are, totals not sent worked out, everything else missing.

    A total is worked out only from parts that are all there; one sent as None stays missing.
    """
    values: dict[CellCode, int | None] = {code: sent.get(code) for code in form.cells}
    for total, parts in form.totals.items():
        if total not in sent:
            values[total] = sum_of(values, parts)
    return values


def amend(
    form: ReportForm, values: Values, changes: Values, again: Collection[CellCode] = ()
) -> dict[CellCode, int | None]:
    """Return *values* with *changes*; totals that these touch are worked out anew, and those in *again*.

    A total that is in *changes* itself stands as sent.  One that lost a part becomes missing.
    """
    amended = {**{code: values.get(code) for code in form.cells}, **changes}
    touched = {*changes, *again}
    for total, parts in form.totals.items():
        if total not in changes and (total in again or not touched.isdisjoint(parts)):
            amended[total] = sum_of(amended, parts)
            touched.add(total)
    return amended


def replace_part(
    form: ReportForm, values: Values, part: Collection[CellCode], sent: Values
) -> dict[CellCode, int | None]:
    """Return *values* with the cells of *part* replaced by those *sent*, as `complete` would.

    Totals elsewhere that have a part among them are worked out anew.
    """
    changes = {code: sent.get(code) for code in part if code in sent or code not in form.totals}
    again = [code for code in part if code not in changes]
    return amend(form, values, changes, again)


def patch(form: ReportForm, values: Values, changes: Values) -> dict[CellCode, int | None]:
    """Return *values* with a merge patch laid over: None makes a cell missing and a total worked out anew."""
    again = [code for code, value in changes.items() if value is None and code in form.totals]
    kept = {code: value for code, value in changes.items() if code not in again}
    return amend(form, values, kept, again)


def sum_of(values: Mapping[CellCode, int | None], cells: tuple[CellCode, ...]) -> int | None:
    """Add cells up; None as soon as one of them is missing."""
    total = 0
    for code in cells:
        value = values[code]
        if value is None:
            return None
        total += value
    return total
