"""What a report is judged beside, read from the database: one place for every door.

Every query is asked for as many reports as there are: `recheck` asks for hundreds at once, the rest for one.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import date, datetime
from itertools import repeat
from typing import TYPE_CHECKING

from app.domain.agencies import AgencyKind, AgencyLevel, reference_day
from app.domain.context import Context, Reporter, RuleSettings, nearest
from app.domain.deadlines import CHINA
from app.domain.years import watched_cells
from app.forms import FORMS, form_of_version, form_of_year
from app.services.alike import Asked, alike_to
from app.services.contents import empty_content, read_content
from app.services.successions import changes_since, holdings_on
from app.storage.rule_settings import settings_of
from app.storage.surroundings import (
    counting_numbers,
    counting_reports,
    marks_of,
    names_under,
    standings_on,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from app.domain.content import Content
    from app.domain.reorganisations import Holding
    from app.domain.values import Values
    from app.storage.engine import ReadSession
    from app.storage.models import Agency
    from app.storage.surroundings import Counting, Standing

YEARS_BEFORE = 3
"""How many years a jump is measured against."""


def today() -> date:
    """Return the day that it is in China."""
    return datetime.now(CHINA).date()


def context_of(session: ReadSession, agency: Agency, content: Content) -> Context:
    """Return all that an agency's report is judged beside."""
    (context,) = contexts_of(session, content.year, [(agency, content)])
    return context


def contexts_of(
    session: ReadSession, year: int, reported: Sequence[tuple[Agency, Content]], *, with_alike: bool = True
) -> list[Context]:
    """Return all that each of some agencies' reports of one year is judged beside, in their order.

    Looking for prose that is alike takes longer than all else; without it R27 isn't judged.
    """
    agencies = [agency for agency, _ in reported]
    ids = [_key(agency) for agency in agencies]
    before = counting_reports(session, ids, year - 1)
    changes = changes_since(session, ids, year, YEARS_BEFORE)
    earlier = _earlier(session, [key for key in ids if key in before], year, changes)
    inherited = _inherited(session, changes, year)
    marks = marks_of(session, year)
    contexts = []
    bodies = list(_bodies(session, agencies, year))
    last_years = [_as_it_counts(agency, year - 1, before) for agency in agencies]
    asked = [
        Asked(agency, content, last_year, settings)
        for (agency, content), (_, settings), last_year in zip(reported, bodies, last_years, strict=True)
    ]
    alike = alike_to(session, year, asked) if with_alike else repeat((), len(asked))
    rows = zip(agencies, bodies, last_years, alike, strict=True)
    for agency, (reporter, settings), last_year, likest in rows:
        mark = marks.get((agency.level, agency.kind))
        contexts.append(
            Context(
                reporter=reporter,
                last_year=_last_year(agency, year - 1, last_year, inherited.get(_key(agency))),
                inherited=inherited.get(_key(agency)),
                earlier=tuple(earlier[_key(agency)]),
                marks={} if mark is None else mark.by_cell,
                peers=0 if mark is None else mark.peers,
                marked_on=None if mark is None else mark.computed_at.astimezone(CHINA).date(),
                alike=likest,
                settings=settings,
            )
        )
    return contexts


def _key(agency: Agency) -> int:
    return agency.id or 0


def _bodies(
    session: ReadSession, agencies: Sequence[Agency], year: int
) -> Iterator[tuple[Reporter, RuleSettings]]:
    """Yield who each agency is and what has been set for it, as the tree stood in that year."""
    day = reference_day(year)
    standings = standings_on(session, [_key(agency) for agency in agencies], day)
    lineages = [standings.get(_key(agency), []) for agency in agencies]
    parents = {lineage[0].parent_id for lineage in lineages if lineage}
    beside = names_under(session, [each for each in parents if each is not None], day)
    known = settings_of(session, {each.id for lineage in lineages for each in lineage}, today())
    for agency, lineage in zip(agencies, lineages, strict=True):
        names = beside.get(lineage[0].parent_id or 0, []) if lineage else []
        yield _reporter(agency, lineage, names), _settings(lineage, known)


def _reporter(agency: Agency, lineage: list[Standing], beside: list[str]) -> Reporter:
    name = lineage[0].name if lineage else agency.name
    return Reporter(
        name=name,
        level=AgencyLevel(agency.level),
        kind=AgencyKind(agency.kind),
        above=tuple(each.name for each in lineage[1:]),
        neighbours=tuple(each for each in beside if each != name),
    )


def _settings(lineage: list[Standing], known: dict[int, RuleSettings]) -> RuleSettings:
    return nearest(known[each.id] for each in lineage if each.id in known)


def settings_for(session: ReadSession, agency: Agency, year: int) -> RuleSettings:
    """Return what has been set, by itself or above it, for an agency's report of a year."""
    lineage = standings_on(session, [_key(agency)], reference_day(year)).get(_key(agency), [])
    return _settings(lineage, settings_of(session, [each.id for each in lineage], today()))


def get_last_year(session: ReadSession, agency: Agency, year: int) -> Content | None:
    """Return what an agency's report of the year before says, as it counts; None where none does."""
    key = _key(agency)
    own = _as_it_counts(agency, year - 1, counting_reports(session, [key], year - 1))
    inherited = _inherited(session, changes_since(session, [key], year, 0), year)
    return _last_year(agency, year - 1, own, inherited.get(key))


def _inherited(session: ReadSession, changes: Mapping[int, Sequence[date]], year: int) -> dict[int, Holding]:
    """Return what agencies have by mergers and splits of a year, of those that took part in one."""
    changed = [key for key, days in changes.items() if max(days) > reference_day(year - 1)]
    return holdings_on(session, changed, reference_day(year)) if changed else {}


def _last_year(agency: Agency, year: int, own: Content | None, inherited: Holding | None) -> Content | None:
    """Return what an agency's own report of last year says, or the figures that it came to meanwhile."""
    if inherited is None:
        return own
    form = form_of_year(year)
    if form is None or not (inherited.values or inherited.lacking):
        return None
    values = {code: inherited.values.get(code) for code in form.cells}
    return replace(empty_content(form, year, agency), values=values)


def _as_it_counts(agency: Agency, year: int, reports: dict[int, Counting]) -> Content | None:
    """Return what an agency's report of a year says; None where none of those is its own."""
    counting = reports.get(_key(agency))
    if counting is None:
        return None
    form = form_of_version(counting.form)
    if form is None:
        raise AssertionError(counting.form)
    return read_content(form, year, agency, counting.document)


def _earlier(
    session: ReadSession, agency_ids: list[int], year: int, changes: Mapping[int, Sequence[date]]
) -> dict[int, list[tuple[int, Values]]]:
    """Return the figures of up to three years before, by agency, the newest first.

    Those of before an agency took others over, or was split, are none to measure it against.
    """
    years = range(year - YEARS_BEFORE, year)
    found: dict[int, list[tuple[int, Values]]] = defaultdict(list)
    for form in FORMS if agency_ids else ():
        if any(form.covers(one) for one in years):
            for key, one, values in counting_numbers(session, form, watched_cells(form), agency_ids, years):
                if all(day.year <= one for day in changes.get(key, ())):
                    found[key].append((one, values))
    for each in found.values():
        each.sort(key=lambda pair: -pair[0])
    return found
