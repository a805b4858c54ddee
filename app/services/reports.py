"""Reports: create, read, replace, amend, remove, 上报, 撤回."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.domain import totals
from app.domain.agencies import ReportScope
from app.domain.content import Content, document_of, merge, texts_of, with_texts
from app.domain.lifecycle import TRANSITIONS, Action, Status, allowed
from app.domain.results import described, not_kept
from app.domain.values import Values, flatten
from app.errors import Duplicate, Fault, InvalidRequest, NotFound, WrongState
from app.forms import form_of_version, form_of_year
from app.services.agencies import find_agency, key_of
from app.services.gate import pass_gate
from app.services.paths import path_in
from app.services.versions import BasedOn, refuse_stale, require_absent, require_current
from app.storage.engine import lock_tree
from app.storage.models import REPORT, Agency, Report, ReportVersion, Submission
from app.storage.numbers import TABLES, insert_numbers, update_numbers

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from app.auth.actor import Actor
    from app.domain.results import Result
    from app.forms.model import CellCode, ReportForm
    from app.storage.engine import ReadSession, WriteSession

CHINA = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class Sent:
    """What a caller sent of a report.

    Attributes:
        values: the cells that were sent.
        texts: title, prose and particulars that were sent, as JSON has them.
    """

    values: Values = field(default_factory=dict)
    texts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Filed:
    """A report with whose it is and what it says."""

    agency: Agency
    report: Report
    content: Content

    @property
    def status(self) -> Status:
        """Where it stands."""
        return Status(self.report.status)


def find_form(year: int) -> ReportForm:
    """Return the form of a report year.

    Raises:
        InvalidRequest: the year has none, or hasn't begun.
    """
    this_year = datetime.now(CHINA).year
    if year > this_year:
        message = f"{year} 年还没有到，不能报 {year} 年度的报告"
        raise InvalidRequest(message, [Fault("/year", message, "year-in-future")])
    form = form_of_year(year)
    if form is None:
        message = f"没有 {year} 年度的报告格式"
        raise InvalidRequest(message, [Fault("/year", message, "no-form")])
    return form


def find_report(session: ReadSession, code: str, year: int, *, to_change: bool = False) -> Filed:
    """Return an agency's report of a year as it stands.

    Args:
        session: where to look.
        code: the agency.
        year: the report year.
        to_change: hold it until the transaction ends, so that versions can be compared.

    Raises:
        NotFound: there is no such agency, or it has no such report.
    """
    agency = find_agency(session, code)
    report = get_report(session, agency, year, to_change=to_change)
    if report is None:
        raise NotFound(f"“{agency.name}”没有 {year} 年度的报告")
    return Filed(agency, report, content_of(session, agency, report))


def get_report(session: ReadSession, agency: Agency, year: int, *, to_change: bool = False) -> Report | None:
    """Return an agency's report of a year, or None; *to_change* holds it until the transaction ends."""
    chosen = select(Report).where(REPORT.c.agency_id == agency.id, REPORT.c.year == year)
    if to_change:
        chosen = chosen.with_for_update()
    return session.scalars(chosen).one_or_none()


def content_of(session: ReadSession, agency: Agency, report: Report) -> Content:
    """Return what the current version of a report says."""
    form = form_of_version(report.form)
    version = session.get_one(ReportVersion, (report.id, report.version))
    if form is None:
        raise AssertionError(report.form)
    return read_content(form, report.year, agency, version.content)


def read_content(form: ReportForm, year: int, agency: Agency, document: str) -> Content:
    """Read a stored version back."""
    stored = json.loads(document)
    return with_texts(replace(empty_content(form, year, agency), values=flatten(form, stored)), stored)


def empty_content(form: ReportForm, year: int, agency: Agency) -> Content:
    """Return a report that says nothing yet: every cell missing."""
    return Content(
        form,
        year,
        title=None,
        preface=None,
        narratives={},
        values=dict.fromkeys(form.cells),
        is_aggregate=agency.report_scope == ReportScope.AGGREGATE,
    )


def create_report(
    session: WriteSession, actor: Actor, code: str, year: int, sent: Sent, *, draft: bool
) -> Filed:
    """File an agency's report of a year: as a draft, or at once as 上报.

    Raises:
        InvalidRequest: the agency isn't known or stood nowhere then, or the year has no form.
        Duplicate: there is a report already.
        RulesBroken: it is no draft and breaks mandatory rules.
    """
    agency = find_reporting_agency(session, code)
    if get_report(session, agency, year) is not None:
        raise _already_there(agency, year)
    form = find_form(year)
    content = _compose(empty_content(form, year, agency), sent)
    return file_content(session, actor, agency, content, draft=draft)


def find_reporting_agency(session: ReadSession, code: str) -> Agency:
    """Return the agency that a body names.

    Raises:
        InvalidRequest: there is none.
    """
    try:
        return find_agency(session, code)
    except NotFound as unknown:
        raise InvalidRequest(
            unknown.detail, [Fault("/agency", unknown.detail, "unknown-agency")]
        ) from unknown


def _already_there(agency: Agency, year: int) -> Duplicate:
    return Duplicate(
        f"“{agency.name}”{year} 年度的报告已经有了；要修改，请先读取，再用 PUT 或 PATCH",
        members={"existing": f"/api/v1/reports/{agency.code}/{year}"},
    )


def _compose(blank: Content, sent: Sent) -> Content:
    content = replace(blank, values=totals.complete(blank.form, sent.values))
    return with_texts(content, sent.texts)


def file_content(
    session: WriteSession, actor: Actor, agency: Agency, content: Content, *, draft: bool
) -> Filed:
    """File a new report: as a draft, or at once as 上报.

    Raises:
        InvalidRequest: the agency stood nowhere in that year.
        Duplicate: somebody else has just filed one.
        RulesBroken: it is no draft and breaks mandatory rules.
    """
    lock_tree(session, to_change_it=False)
    path = path_in(session, agency, content.year)
    now = _now()
    report = Report(
        agency_id=key_of(agency),
        year=content.year,
        form=content.form.version,
        status=Status.DRAFT,
        version=0,
        created_at=now,
        updated_at=now,
    )
    session.add(report)
    try:
        session.flush()
    except IntegrityError as taken:
        raise _already_there(agency, content.year) from taken
    filed = Filed(agency, report, content)
    insert_numbers(
        session.connection(),
        TABLES[content.form.version],
        report_key(report),
        year=content.year,
        path=path,
        values=content.values,
    )
    _add_version(session, actor, filed)
    if not draft:
        _record_submission(session, actor, filed, pass_gate(content))
    return filed


def replace_report(
    session: WriteSession,
    actor: Actor,
    key: tuple[str, int],
    sent: Sent,
    based_on: BasedOn | None,
    *,
    draft: bool,
) -> tuple[Filed, bool]:
    """Replace a report, or file it where there is none; tell whether it is new.

    Raises:
        PreconditionRequired, StaleVersion: see `require_current`.
        WrongState: it may not be saved in its state.
        RulesBroken: it is no draft, or was 上报, and breaks mandatory rules.
        InvalidRequest: see `create_report`.
    """
    code, year = key
    agency = find_agency(session, code)
    report = get_report(session, agency, year, to_change=True)
    if report is None:
        require_absent(based_on)
        return create_report(session, actor, code, year, sent, draft=draft), True
    require_current(based_on, report)
    filed = Filed(agency, report, content_of(session, agency, report))
    content = _compose(empty_content(filed.content.form, year, agency), sent)
    return save(session, actor, filed, content, draft=draft, submit=not draft), False


def patch_report(
    session: WriteSession,
    actor: Actor,
    key: tuple[str, int],
    sent: Sent,
    based_on: BasedOn | None,
    *,
    draft: bool,
) -> Filed:
    """Lay a merge patch over a report (RFC 7396): null makes a cell missing and a total worked out anew.

    Raises:
        NotFound: there is no such report.
        Otherwise as `replace_report`.
    """
    filed = find_report(session, *key, to_change=True)
    require_current(based_on, filed.report)
    content = filed.content
    amended = replace(content, values=totals.patch(content.form, content.values, sent.values))
    texts = merge(dict(texts_of(content)), sent.texts)
    return save(session, actor, filed, with_texts(amended, texts), draft=draft)


def replace_cells(
    session: WriteSession,
    actor: Actor,
    key: tuple[str, int],
    part: Collection[CellCode],
    sent: Values,
    based_on: BasedOn | None,
    *,
    draft: bool,
) -> Filed:
    """Replace a table or a row of a report; totals that it touches are worked out anew.

    Raises:
        As `patch_report`.
    """
    filed = find_report(session, *key, to_change=True)
    require_current(based_on, filed.report)
    content = filed.content
    values = totals.replace_part(content.form, content.values, part, sent)
    return save(session, actor, filed, replace(content, values=values), draft=draft)


def save(
    session: WriteSession,
    actor: Actor,
    filed: Filed,
    content: Content,
    *,
    draft: bool = False,
    submit: bool = False,
) -> Filed:
    """Save a report that is held for change: every write to one comes through here.

    Args:
        session: the transaction.
        actor: who saves it.
        filed: the report as it stands.
        content: as it is to be.
        draft: the caller means to keep it a draft.
        submit: it is to be 上报 along with the save.

    Raises:
        WrongState: it may not be saved in its state.
        RulesBroken: it is or was 上报 and breaks mandatory rules.
    """
    _refuse_closed(filed, draft=draft)
    saved = replace(filed, content=content)
    verdict = pass_gate(content) if submit or not filed.status.is_editable else None
    changed = document_of(content) != document_of(filed.content)
    if changed:
        table = TABLES[content.form.version]
        update_numbers(session.connection(), table, report_key(filed.report), content.values)
        _add_version(session, actor, saved)
    if verdict is not None and (changed or filed.status.is_editable):
        _record_submission(session, actor, saved, verdict)
    return saved


def _refuse_closed(filed: Filed, *, draft: bool) -> None:
    status = filed.status
    if status.is_closed:
        way = "return" if status is Status.ACCEPTED else "revise"
        raise _wrong_state(filed, f"报告{status.label}，不能直接修改；要先 {way}", [way])
    if draft and not status.is_editable:
        raise _wrong_state(filed, "报告已上报，不能再存成草稿；要先撤回（withdraw）", [Action.WITHDRAW])


def _wrong_state(filed: Filed, detail: str, actions: list[str]) -> WrongState:
    return WrongState(
        detail, members={"state": filed.status.value, "allowed": [str(name) for name in actions]}
    )


def _add_version(session: WriteSession, actor: Actor, filed: Filed) -> None:
    """Keep what was saved, for ever."""
    report = filed.report
    if report.version > 0:
        report.revision += 1
    report.version += 1
    report.updated_at = _now()
    document = json.dumps(document_of(filed.content), ensure_ascii=False)
    session.add(
        ReportVersion(
            report_id=report_key(report),
            number=report.version,
            content=document,
            saved_by=actor.name,
            saved_at=report.updated_at,
        )
    )
    session.flush()


def delete_report(session: WriteSession, key: tuple[str, int], based_on: BasedOn | None) -> None:
    """Remove a draft that was never 上报.

    Raises:
        NotFound: there is no such report.
        WrongState: it has been 上报 once, so it stays.
        PreconditionRequired, StaleVersion: see `require_current`.
    """
    filed = find_report(session, *key, to_change=True)
    require_current(based_on, filed.report)
    if filed.report.was_submitted:
        raise _wrong_state(filed, "上报过的报告不能删除", list(allowed(filed.status)))
    session.delete(filed.report)
    session.flush()


def take_action(
    session: WriteSession, actor: Actor, key: tuple[str, int], action: Action, based_on: BasedOn | None
) -> Filed:
    """Move a report from one state to another.

    Raises:
        NotFound: there is no such report.
        StaleVersion: the caller read another version.
        WrongState: its state doesn't allow it; the allowed actions are named.
        RulesBroken: it is to be 上报 and breaks mandatory rules.
    """
    filed = find_report(session, *key, to_change=True)
    refuse_stale(based_on, filed.report)
    if filed.status not in TRANSITIONS[action]:
        actions = allowed(filed.status)
        choice = "、".join(f"{each.label}（{each}）" for each in actions)
        raise _wrong_state(
            filed, f"报告{filed.status.label}，不能{action.label}；现在可以：{choice or '无'}", [*actions]
        )
    if action is Action.SUBMIT:
        _record_submission(session, actor, filed, pass_gate(filed.content))
    else:
        _move(session, filed, TRANSITIONS[action][filed.status])
    return filed


def _record_submission(session: WriteSession, actor: Actor, filed: Filed, verdict: list[Result]) -> None:
    """Keep the verdict with which a version passed the gate, and let the report count as 上报."""
    content = filed.content
    filed.report.was_submitted = True
    if filed.status.is_editable:
        _move(session, filed, TRANSITIONS[Action.SUBMIT][filed.status])
    session.add(
        Submission(
            report_id=report_key(filed.report),
            version=filed.report.version,
            verdict=json.dumps(
                [described(content.form, content.values, result) for result in not_kept(verdict)],
                ensure_ascii=False,
            ),
            submitted_by=actor.name,
            submitted_at=_now(),
        )
    )
    session.flush()


def _move(session: WriteSession, filed: Filed, status: Status) -> None:
    filed.report.status = status
    filed.report.revision += 1
    filed.report.updated_at = _now()
    session.flush()


def report_key(report: Report) -> int:
    """Return the row number of a stored report."""
    if report.id is None:
        raise AssertionError(report)
    return report.id


def _now() -> datetime:
    return datetime.now(UTC)
