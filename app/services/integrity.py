"""Checking that what is kept in two places says the same in both."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.exc import NoResultFound

from app.domain.lifecycle import Action, Status
from app.domain.roll_up import roll_up
from app.domain.similarity import signature_of
from app.domain.values import filled_and_nonzero, flatten
from app.forms import form_of_version
from app.services.filed import content_of, form_of_report, report_key
from app.services.final_totals import read_frozen
from app.services.paths import get_path
from app.storage.bands import read_bands
from app.storage.digests import Digest, digest_of
from app.storage.finalisation_models import FINALISATION, Finalisation
from app.storage.models import AGENCY, REPORT, STEP, VERSION, Agency, Report, ReportVersion
from app.storage.numbers import NOWHERE, PUBLIC, TABLES, WORKING, read_slots

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.domain.values import Values
    from app.storage.engine import ReadSession
    from app.storage.numbers import Slot


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A report that says one thing in one place and another in another.

    Attributes:
        agency: code of the agency.
        year: of the report.
        fault: in Chinese, what doesn't fit.
    """

    agency: str
    year: int
    fault: str


def count_reports(session: ReadSession) -> int:
    """Return how many reports there are to check."""
    return session.scalar(select(func.count()).select_from(REPORT)) or 0


def find_contradictions(session: ReadSession) -> Iterator[Contradiction]:
    """Yield whatever contradicts itself, report by report; nothing of a sound database.

    A report stands where its last step left it, its versions are all there, the numbers that roll-ups add are
    those of its current version, and numbers are kept for the public while it is being corrected, no longer.
    Reports of alike prose are found by what the current version says, whose filled cells are counted.
    A final total is what its digest says, and the sum of the versions that it names.
    """
    chosen = select(Report, Agency).join(Agency, AGENCY.c.id == REPORT.c.agency_id)
    for report, agency in session.execute(chosen.order_by(AGENCY.c.code, REPORT.c.year)).all():
        faults = (
            _of_versions(session, report),
            _of_steps(session, report),
            _of_slots(session, report, agency),
            _of_bands(session, report, agency),
            _of_counts(session, report, agency),
        )
        yield from (Contradiction(agency.code, report.year, fault) for some in faults for fault in some)
    made_final = select(Finalisation, Agency).join(Agency, AGENCY.c.id == FINALISATION.c.agency_id)
    ordered = made_final.order_by(AGENCY.c.code, FINALISATION.c.year, FINALISATION.c.number)
    for kept, agency in session.execute(ordered).all():
        for fault in _of_finalisation(session, kept):
            yield Contradiction(agency.code, kept.year, f"第 {kept.number} 次定稿{fault}")


def _of_finalisation(session: ReadSession, kept: Finalisation) -> Iterator[str]:
    """Yield what is wrong with a total that was made final: it is the sum of the versions that it names."""
    if digest_of(Digest(kept.algorithm), kept.content.encode()) != kept.digest:
        yield "的内容与摘要不符"
    frozen, form = read_frozen(kept), form_of_version(kept.form)
    if form is None:
        raise AssertionError(kept.form)
    units = [_values_named(session, source.agency, kept.year, source.version) for source in frozen.sources]
    known = [values for values in units if values is not None]
    if len(known) < len(units) or roll_up(form, known).totals != frozen.totals:
        yield "的合计不是所计入的各版之和"


def _values_named(session: ReadSession, code: str, year: int, version: int) -> Values | None:
    """Return the numbers of a version of an agency's report; None where they can't be read."""
    whose = AGENCY.c.id == REPORT.c.agency_id
    chosen = select(Report).join(Agency, whose).where(AGENCY.c.code == code, REPORT.c.year == year)
    report = session.scalars(chosen).one_or_none()
    return None if report is None else _values_of(session, report, version)


def _of_versions(session: ReadSession, report: Report) -> Iterator[str]:
    chosen = select(VERSION.c.number).where(VERSION.c.report_id == report.id).order_by(VERSION.c.number)
    numbers = list(session.scalars(chosen))
    if numbers != list(range(1, report.version + 1)):
        yield f"应有第 1 至 {report.version} 版，现有：{'、'.join(map(str, numbers)) or '无'}"


def _of_steps(session: ReadSession, report: Report) -> Iterator[str]:
    columns = (STEP.c.status, STEP.c.action, STEP.c.days_late)
    chosen = select(*columns).where(STEP.c.report_id == report.id).order_by(STEP.c.id)
    steps = session.execute(chosen).all()
    reached = Status(steps[-1][0]) if steps else Status.DRAFT
    if report.status != reached:
        yield f"状态是“{Status(report.status).label}”，按最后一步应是“{reached.label}”"
    if report.was_submitted != bool(steps):
        yield "上报过没有，与所走的步骤不符"
    late = [days for _, action, days in steps if action == Action.SUBMIT]
    if report.days_late != (late[-1] if late else None):
        yield "迟了几天，与最后一次上报不符"


def _of_slots(session: ReadSession, report: Report, agency: Agency) -> Iterator[str]:
    table = TABLES[report.form]
    kept = read_slots(session.connection(), form_of_report(report), table, report_key(report))
    path = get_path(session, agency, report.year) or NOWHERE
    expected = _expected_slots(report)
    for name in sorted({*kept, *expected}):
        if name not in kept or name not in expected:
            yield f"{_SLOTS[name]}{'多余' if name in kept else '不见了'}"
        else:
            values = _values_of(session, report, expected[name])
            yield from _of_slot(kept[name], _SLOTS[name], (report.year, path), values)


_SLOTS = {WORKING: "汇总用的数字", PUBLIC: "更正期间对外的数字"}


_OUTSIDE = "汇总之外"


def _expected_slots(report: Report) -> dict[str, int]:
    """Return which numbers must be kept, and of which version."""
    slots = {WORKING: report.version}
    if report.published_version is not None and report.status != Status.PUBLISHED:
        slots[PUBLIC] = report.published_version
    return slots


def _of_slot(kept: Slot, name: str, place: tuple[int, str], values: Values | None) -> Iterator[str]:
    if (kept.year, kept.path) != place:
        here, there = kept.path or _OUTSIDE, place[1] or _OUTSIDE
        yield f"{name}记在 {kept.year} 年的 {here}，应在 {place[0]} 年的 {there}"
    if values is None:
        yield f"{name}所依据的版本读不出来"
    else:
        wrong = [code for code, value in kept.values.items() if value != values.get(code)]
        if wrong:
            yield f"{name}与版本不符：{'、'.join(wrong)}"


def _of_bands(session: ReadSession, report: Report, agency: Agency) -> Iterator[str]:
    try:
        content = content_of(session, agency, report)
    except (ValueError, NoResultFound):
        # which is named already
        return
    kept = read_bands(session.connection(), report_key(report))
    if kept != {(report.year, band) for band in signature_of(content)}:
        yield "查找雷同文字用的特征与版本不符"


def _of_counts(session: ReadSession, report: Report, agency: Agency) -> Iterator[str]:
    try:
        counted = filled_and_nonzero(content_of(session, agency, report).values)
    except (ValueError, NoResultFound):
        # which is named already
        return
    if (report.filled, report.nonzero) != counted:
        found, expected = (f"填了 {n} 格、非零 {m} 格" for n, m in ((report.filled, report.nonzero), counted))
        yield f"记的是{found}，应是{expected}"


def _values_of(session: ReadSession, report: Report, version: int) -> Values | None:
    """Return the numbers of a version; None where they can't be read."""
    stored = session.get(ReportVersion, (report.id, version))
    try:
        return None if stored is None else flatten(form_of_report(report), json.loads(stored.content))
    except ValueError:
        return None
