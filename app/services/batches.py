"""Many reports in one transaction: each is saved as it would be alone, or refused alone."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from app.auth.rights import require
from app.domain.roles import Right
from app.errors import Fault, InvalidRequest, Refusal
from app.services.agencies import find_agency_named
from app.services.following import hold_reports, years_concerned
from app.services.reports import Sent, replace_of
from app.storage.engine import lock_tree, queue_batches

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from app.auth.actor import Actor
    from app.services.filed import Filed
    from app.services.versions import BasedOn
    from app.storage.engine import WriteSession

Key: TypeAlias = tuple[str, int]
"""An agency's code and a report year."""


@dataclass(frozen=True, slots=True)
class Item:
    """A report of a batch.

    Attributes:
        key: which one it is.
        sent: what is said of it.
        based_on: what was read before, where there is one.
    """

    key: Key
    sent: Sent
    based_on: BasedOn | None


def refuse_repeated(keys: Sequence[Key | None]) -> dict[int, Refusal]:
    """Return the refusals of those that mean the same report as others do: nobody knows which one counts."""
    places = defaultdict(list)
    for place, key in enumerate(keys):
        if key is not None:
            places[key].append(place)
    return {place: _repeated(place, same) for same in places.values() if len(same) > 1 for place in same}


def _repeated(place: int, same: list[int]) -> Refusal:
    others = [other for other in same if other != place]
    listed = "、".join(f"/{other}" for other in others)
    message = f"同一批里 {listed} 也是这份报告，分不清该用哪一份；一批里一份报告只能有一次"
    return InvalidRequest(message, [Fault("", message, "repeated", {"others": others})])


def save_batch(
    session: WriteSession, actor: Actor, items: Sequence[Item | Refusal], *, draft: bool
) -> Iterator[tuple[Filed, bool] | Refusal]:
    """Save one after the other as `replace_report` does; yield each with whether it is new, or its refusal.

    Raises:
        Forbidden: the actor may not file reports at all.
    """
    require(actor, Right.FILE, "报告")
    queue_batches(session)
    lock_tree(session, to_change_it=False)
    touched = _years_touched(items)
    for item in items:
        yield item if isinstance(item, Refusal) else _save(session, actor, item, touched, draft=draft)


def _years_touched(items: Sequence[Item | Refusal]) -> dict[str, set[int]]:
    """Return the years whose reports are held, of each agency that has several reports in the batch."""
    years = defaultdict(list)
    for item in items:
        if isinstance(item, Item):
            years[item.key[0]].append(item.key[1])
    return {
        code: {held for year in said for held in years_concerned(year)}
        for code, said in years.items()
        if len(said) > 1
    }


def _save(
    session: WriteSession, actor: Actor, item: Item, touched: dict[str, set[int]], *, draft: bool
) -> tuple[Filed, bool] | Refusal:
    code, year = item.key
    try:
        agency = find_agency_named(session, actor, code, Right.FILE, year)
        # not in the part that follows: what is held there is let go where it is undone
        hold_reports(session, agency, touched.pop(code, ()))
        with session.part():
            return replace_of(session, actor, agency, year, item.sent, item.based_on, draft=draft)
    except Refusal as refusal:
        return refusal
