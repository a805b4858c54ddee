"""Reports: create, replace, amend, remove."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from app.domain import totals
from app.domain.acts import Act
from app.domain.content import Content, merge, texts_of, with_texts
from app.domain.lifecycle import allowed
from app.domain.roles import Right
from app.domain.values import Values
from app.services.agencies import find_agency, find_agency_named
from app.services.audit import record_report
from app.services.contents import empty_content
from app.services.explaining import Said
from app.services.filed import Filed, filed_as, find_form, find_report, get_report
from app.services.gate import wrong_state
from app.services.locking import refuse_locked
from app.services.saving import already_there, file_content, save
from app.services.versions import BasedOn, require_absent, require_current

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from app.auth.actor import Actor
    from app.forms.model import CellCode
    from app.storage.engine import WriteSession
    from app.storage.models import Agency


@dataclass(frozen=True, slots=True)
class Sent:
    """What a caller sent of a report.

    Attributes:
        values: the cells that were sent.
        texts: title, prose and particulars that were sent, as JSON has them.
        said: what is said of its findings.
    """

    values: Values = field(default_factory=dict)
    texts: Mapping[str, object] = field(default_factory=dict)
    said: Sequence[Said] = ()


def create_report(
    session: WriteSession, actor: Actor, code: str, year: int, sent: Sent, *, draft: bool
) -> Filed:
    """File an agency's report of a year: as a draft, or at once as 上报.

    Raises:
        InvalidRequest: the agency isn't known or stood nowhere then, or the year has no form.
        Forbidden: the actor may not.
        Duplicate: there is a report already.
        RulesBroken: it is no draft and breaks mandatory rules.
    """
    agency = find_agency_named(session, actor, code, Right.FILE, year)
    if get_report(session, agency, year) is not None:
        raise already_there(agency, year)
    return _file(session, actor, agency, year, sent, draft=draft)


def _file(
    session: WriteSession, actor: Actor, agency: Agency, year: int, sent: Sent, *, draft: bool
) -> Filed:
    content = compose(empty_content(find_form(year), year, agency), sent)
    return file_content(session, actor, agency, content, draft=draft, said=sent.said)


def compose(blank: Content, sent: Sent) -> Content:
    """Return a report that says what was sent and nothing else; totals are worked out."""
    content = replace(blank, values=totals.complete(blank.form, sent.values))
    return with_texts(content, sent.texts)


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
    agency = find_agency(session, actor, code, Right.FILE, year)
    return replace_of(session, actor, agency, year, sent, based_on, draft=draft)


def replace_of(
    session: WriteSession,
    actor: Actor,
    agency: Agency,
    year: int,
    sent: Sent,
    based_on: BasedOn | None,
    *,
    draft: bool,
) -> tuple[Filed, bool]:
    """Replace the report of an agency that was found for somebody who may file it.

    Raises:
        As `replace_report`.
    """
    report = get_report(session, agency, year, to_change=True)
    if report is None:
        require_absent(based_on)
        return _file(session, actor, agency, year, sent, draft=draft), True
    require_current(based_on, report)
    filed = filed_as(session, agency, report)
    content = compose(empty_content(filed.content.form, year, agency), sent)
    saved = save(session, actor, filed, content, draft=draft, to_submit=not draft, said=sent.said)
    return saved, False


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
    filed = find_report(session, actor, *key, Right.FILE, to_change=True)
    require_current(based_on, filed.report)
    content = filed.content
    amended = replace(content, values=totals.patch(content.form, content.values, sent.values))
    texts = merge(dict(texts_of(content)), sent.texts)
    return save(session, actor, filed, with_texts(amended, texts), draft=draft, said=sent.said)


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
    filed = find_report(session, actor, *key, Right.FILE, to_change=True)
    require_current(based_on, filed.report)
    content = filed.content
    values = totals.replace_part(content.form, content.values, part, sent)
    return save(session, actor, filed, replace(content, values=values), draft=draft)


def delete_report(
    session: WriteSession, actor: Actor, key: tuple[str, int], based_on: BasedOn | None
) -> None:
    """Remove a draft that was never 上报.

    Raises:
        NotFound: there is no such report.
        WrongState: it has been 上报 once, so it stays; or reports of its year are locked.
        PreconditionRequired, StaleVersion: see `require_current`.
    """
    filed = find_report(session, actor, *key, Right.FILE, to_change=True)
    require_current(based_on, filed.report)
    refuse_locked(session, filed.agency, filed.report.year, filed)
    if filed.report.was_submitted:
        raise wrong_state(filed, "上报过的报告不能删除", allowed(filed.status, actor.rights))
    said = {"version": filed.report.version}
    record_report(session, actor, Act.REPORT_DELETE, (filed.agency, filed.report), details=said)
    session.delete(filed.report)
    session.flush()
