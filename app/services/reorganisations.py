"""Reorganisations (机构变动): from a day on, by the document that decided them; what was before stays."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from app.auth.rights import get_within_reach, require
from app.domain.acts import Act
from app.domain.agencies import reference_day
from app.domain.reorganisations import Operation
from app.domain.roles import Right
from app.errors import Fault, InvalidRequest
from app.forms import FORMS
from app.services.agencies import details_lastly, key_of
from app.services.agency_details import as_json
from app.services.audit import record
from app.services.changes import note_agency
from app.services.following import hold_since, judge_following
from app.services.freezing import hold_tree
from app.services.paths import file_again
from app.services.reorganisation_details import Affected, Reorganised, Touched, Uncounted
from app.services.reorganisation_effects import Work, carry_out, named_in
from app.services.surroundings import today
from app.storage.models import Agency
from app.storage.reorganisation_models import Reorganisation
from app.storage.reorganisation_models import Reorganised as Row
from app.storage.surroundings import standings_on
from app.storage.tree import ids_below, placements_under

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from app.auth.actor import Actor
    from app.services.reorganisation_details import Wanted
    from app.storage.engine import WriteSession
    from app.storage.surroundings import Standing


def reorganise(session: WriteSession, actor: Actor, wanted: Wanted) -> Reorganised:
    """Record a reorganisation and let the tree be as it makes it, from its day on.

    What was before that day stays as it is: names, places, roll-ups and reports of earlier years.  Reports of
    bodies that no longer stand on 31 December of their year are kept and count nowhere.

    Raises:
        Forbidden: the actor may not, or not there.
        InvalidRequest: something speaks against it; all of that is named.
        Duplicate: the code of a new body is taken.
    """
    require(actor, Right.MANAGE_AGENCIES, "机关")
    _refuse_future(wanted)
    hold_tree(session)
    work = Work(session, actor, wanted.effective_on, wanted.operation)
    named = _named(session, actor, wanted)
    held = hold_since(session, named, wanted.effective_on.year)
    moved = _moved(session, named, wanted)
    lineages = _lineages(session, moved, wanted)
    carry_out(wanted.change, work)
    session.flush()
    uncounted = _file_again(session, work)
    entry = _stored(session, actor, wanted, work)
    touched = _recorded(session, actor, work, entry)
    affected = _affected(lineages, _lineages(session, moved | set(work.before), wanted), wanted)
    judge_following(session, actor, held, {"reorganisation": entry.id})
    return Reorganised(entry, touched, uncounted, affected)


def _refuse_future(wanted: Wanted) -> None:
    if wanted.effective_on > today():
        message = (
            f"生效日期 {wanted.effective_on} 还没有到；请到那一天再登记，现在可以用 dry_run=true 按今天试做"
        )
        raise InvalidRequest(message, [Fault("/effective_on", message, "day-in-future")])


def _named(session: WriteSession, actor: Actor, wanted: Wanted) -> list[Agency]:
    """Return the bodies that it is about, as far as the actor reaches them, each once."""
    codes = dict.fromkeys(named_in(wanted.change))
    found = (get_within_reach(session, actor, code) for code in codes)
    return [agency for agency in found if agency is not None]


def _moved(session: WriteSession, named: Iterable[Agency], wanted: Wanted) -> set[int]:
    """Return the row numbers of all that may change its place: the bodies named and what is right below."""
    keys = {key_of(agency) for agency in named}
    if wanted.operation is Operation.RENAME:
        return keys
    below = (placements_under(session, key, wanted.effective_on) for key in keys)
    return keys | {placement.agency_id for some in below for placement in some}


def _lineages(
    session: WriteSession, agency_ids: Collection[int], wanted: Wanted
) -> dict[tuple[int, int], list[Standing]]:
    """Return the lineage of each agency on 31 December of each year that a reorganisation can touch."""
    first = max(wanted.effective_on.year, FORMS[0].first_year)
    return {
        (key, year): lineage
        for year in range(first, today().year + 1)
        for key, lineage in standings_on(session, agency_ids, reference_day(year)).items()
    }


def _file_again(session: WriteSession, work: Work) -> list[Uncounted]:
    """Let reports count where their bodies stand now; return those that count nowhere any more."""
    below = {one for key in work.before for one in ids_below(session, key)}
    left = file_again(session, sorted(below), work.day.year, may_leave=True)
    return [Uncounted(session.get_one(Agency, report.agency_id), report) for report in left]


def _stored(session: WriteSession, actor: Actor, wanted: Wanted, work: Work) -> Reorganisation:
    entry = Reorganisation(
        operation=wanted.operation,
        effective_on=wanted.effective_on,
        document=wanted.document,
        reason=wanted.reason,
        wanted=json.dumps(dict(wanted.sent), ensure_ascii=False),
        recorded_by=actor.holder,
        recorded_at=datetime.now(UTC),
    )
    session.add(entry)
    session.flush()
    for succession in work.successions:
        succession.reorganisation_id = entry.id or 0
        session.add(succession)
    session.flush()
    return entry


def _recorded(session: WriteSession, actor: Actor, work: Work, entry: Reorganisation) -> list[Touched]:
    """Keep what changed of each body, and tell of it in the audit trail and the feed."""
    touched = [
        Touched(agency, before, as_json(details_lastly(session, agency)))
        for agency, before in sorted(work.before.values(), key=lambda pair: pair[0].code)
    ]
    for each in touched:
        session.add(_row_of(each, entry))
        note_agency(session, Act.AGENCY_REORGANISE, each.agency, each.after)
        said = _said(entry) | {"before": each.before, "after": each.after}
        code = each.agency.code
        record(session, actor, Act.AGENCY_REORGANISE, f"/agencies/{code}", agency=code, details=said)
    session.flush()
    return touched


def _row_of(touched: Touched, entry: Reorganisation) -> Row:
    def written(details: Mapping[str, object] | None) -> str | None:
        return None if details is None else json.dumps(dict(details), ensure_ascii=False)

    return Row(
        reorganisation_id=entry.id or 0,
        agency_id=key_of(touched.agency),
        before=written(touched.before),
        after=written(touched.after) or "",
    )


def _said(entry: Reorganisation) -> dict[str, object]:
    return {
        "reorganisation": entry.id,
        "operation": entry.operation,
        "effective_on": entry.effective_on.isoformat(),
        "document": entry.document,
        "reason": entry.reason,
    }


def _affected(
    before: Mapping[tuple[int, int], list[Standing]],
    after: Mapping[tuple[int, int], list[Standing]],
    wanted: Wanted,
) -> list[Affected]:
    """Return whose roll-ups of which years are others: those that a body left, or came to.

    After another name all above the body show that.
    """
    years: dict[tuple[str, str], set[int]] = defaultdict(set)
    for key in {*before, *after}:
        old, new = before.get(key, []), after.get(key, [])
        remain = {one.id for one in old} & {one.id for one in new}
        is_renamed = wanted.operation is Operation.RENAME
        for one in new if is_renamed else [one for one in (*old, *new) if one.id not in remain]:
            years[one.code, one.name].add(key[1])
    return [Affected(code, name, tuple(sorted(of_these))) for (code, name), of_these in sorted(years.items())]
