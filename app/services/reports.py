"""Reports: create, replace, amend, remove, 上报, 撤回."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from app.domain import totals
from app.domain.content import Content, merge, texts_of, with_texts
from app.domain.lifecycle import TRANSITIONS, Action, allowed
from app.domain.values import Values
from app.errors import Fault, InvalidRequest, NotFound
from app.services.agencies import find_agency
from app.services.filed import Filed, content_of, empty_content, find_form, find_report, get_report
from app.services.saving import already_there, file_content, move, pass_gate, save, submit, wrong_state
from app.services.versions import BasedOn, refuse_stale, require_absent, require_current

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from app.auth.actor import Actor
    from app.forms.model import CellCode
    from app.storage.engine import ReadSession, WriteSession
    from app.storage.models import Agency


@dataclass(frozen=True, slots=True)
class Sent:
    """What a caller sent of a report.

    Attributes:
        values: the cells that were sent.
        texts: title, prose and particulars that were sent, as JSON has them.
    """

    values: Values = field(default_factory=dict)
    texts: Mapping[str, object] = field(default_factory=dict)


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
        raise already_there(agency, year)
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


def _compose(blank: Content, sent: Sent) -> Content:
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
    agency = find_agency(session, code)
    report = get_report(session, agency, year, to_change=True)
    if report is None:
        require_absent(based_on)
        return create_report(session, actor, code, year, sent, draft=draft), True
    require_current(based_on, report)
    filed = Filed(agency, report, content_of(session, agency, report))
    content = _compose(empty_content(filed.content.form, year, agency), sent)
    return save(session, actor, filed, content, draft=draft, to_submit=not draft), False


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
        raise wrong_state(filed, "上报过的报告不能删除", list(allowed(filed.status)))
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
        raise wrong_state(
            filed, f"报告{filed.status.label}，不能{action.label}；现在可以：{choice or '无'}", [*actions]
        )
    if action is Action.SUBMIT:
        pass_gate(filed)
        submit(session, actor, filed)
    else:
        move(session, filed, TRANSITIONS[action][filed.status])
    return filed
