"""Saving reports: every write comes through here, and through the one gate."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from app.domain.acts import Act
from app.domain.content import Content, document_of
from app.domain.deadlines import CHINA, days_late
from app.domain.differences import differences
from app.domain.lifecycle import Action, Status
from app.domain.results import described, not_kept
from app.domain.rules import RULES
from app.domain.similarity import texts_compared
from app.domain.values import filled_and_nonzero, to_text
from app.errors import Duplicate
from app.services.agencies import key_of
from app.services.alike import find_alike, note_prose
from app.services.audit import chain_in, record_report
from app.services.explaining import Said, explain, keep_explanations
from app.services.filed import Filed
from app.services.following import Following, hold_following, judge_following
from app.services.gate import pass_gate, wrong_state
from app.services.locking import refuse_locked, refuse_unopened
from app.services.paths import lineage_in
from app.services.surroundings import context_of
from app.storage.digests import digest_of
from app.storage.engine import lock_tree
from app.storage.models import VERSION, Agency, Report, Step
from app.storage.numbers import TABLES, insert_numbers, path_of, update_numbers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.auth.actor import Actor
    from app.domain.collections import Terms
    from app.storage.engine import WriteSession

_ADD_VERSION = insert(VERSION)


def file_content(
    session: WriteSession,
    actor: Actor,
    agency: Agency,
    content: Content,
    *,
    draft: bool,
    said: Sequence[Said] = (),
) -> Filed:
    """File a new report with what is said of its findings: as a draft, or at once as 上报.

    Raises:
        InvalidRequest: the agency stood nowhere in that year, or what is explained isn't found.
        WrongState: reports of that year are locked, or can't be 上报 yet.
        Duplicate: somebody else has just filed one.
        RulesBroken: it is no draft and doesn't pass the gate.
    """
    lock_tree(session, to_change_it=False)
    lineage = lineage_in(session, agency, content.year)
    terms = refuse_locked(session, agency, content.year)
    following = [] if draft else hold_following(session, agency, content.year)
    context = context_of(session, agency, content)
    blank = Filed(agency, _new_report(agency, content, chain_in(lineage)), content, context=context)
    filed, fresh = explain(blank, actor, said, blank.report.version)
    if not draft:
        refuse_unopened(terms)
        pass_gate(filed)
    _add_report(session, filed)
    insert_numbers(
        session.connection(),
        TABLES[content.form.version],
        filed.key,
        year=content.year,
        path=path_of(rung.code for rung in lineage),
        values=content.values,
    )
    note_prose(session, filed)
    told = {"version": filed.report.version, "document": _add_version(session, actor, filed)}
    record_report(session, actor, Act.REPORT_CREATE, (agency, filed.report), details=told)
    keep_explanations(session, actor, filed, fresh)
    if not draft:
        submit(session, actor, filed, terms)
    session.flush()
    judge_following(session, actor, following)
    return filed


def _new_report(agency: Agency, content: Content, chain: str) -> Report:
    now = _now()
    filled, nonzero = filled_and_nonzero(content.values)
    return Report(
        agency_id=key_of(agency),
        year=content.year,
        form=content.form.version,
        status=Status.DRAFT,
        version=1,
        filled=filled,
        nonzero=nonzero,
        chain=chain,
        created_at=now,
        updated_at=now,
    )


def _add_report(session: WriteSession, filed: Filed) -> None:
    session.add(filed.report)
    # made beforehand: once the flush has failed, the agency's name can't be read any more
    refusal = already_there(filed.agency, filed.content.year)
    try:
        session.flush()
    except IntegrityError as taken:
        raise refusal from taken


def already_there(agency: Agency, year: int) -> Duplicate:
    """Return the refusal to file a second report of a year."""
    return Duplicate(
        RULES["R37"].say("refused", agency=agency.name, year=year),
        members={"existing": f"/api/v1/reports/{agency.code}/{year}"},
    )


def save(
    session: WriteSession,
    actor: Actor,
    filed: Filed,
    content: Content,
    *,
    draft: bool = False,
    to_submit: bool = False,
    said: Sequence[Said] = (),
) -> Filed:
    """Save a report that is held for change: every write to one comes through here.

    Args:
        session: the transaction.
        actor: who saves it.
        filed: the report as it stands.
        content: as it is to be.
        draft: the caller means to keep it a draft.
        to_submit: it is to be 上报 along with the save.
        said: what is said of its findings.

    Raises:
        WrongState: it may not be saved in its state, reports of its year are locked, or not open yet.
        InvalidRequest: what is explained isn't found, or the text is too short.
        RulesBroken: it is or was 上报 and doesn't pass the gate.
    """
    terms = refuse_locked(session, filed.agency, content.year, filed)
    refuse_closed(filed, draft=draft)
    changed = document_of(content) != document_of(filed.content)
    version = filed.report.version + changed
    saved, fresh = explain(_amended(session, filed, content), actor, said, version)
    following: list[Following] = []
    if to_submit or not filed.status.is_editable:
        refuse_unopened(terms, filed)
        pass_gate(saved)
        following = hold_following(session, filed.agency, content.year)
    if changed or fresh:
        filed.report.revision += 1
        filed.report.updated_at = _now()
    if changed:
        _add_content(session, actor, filed, saved)
    keep_explanations(session, actor, saved, fresh)
    if to_submit if filed.status.is_editable else changed:
        submit(session, actor, saved, terms)
    session.flush()
    judge_following(session, actor, following)
    return saved


def _amended(session: WriteSession, filed: Filed, content: Content) -> Filed:
    """Return a report as it is to be, beside the reports that its prose is like then."""
    if texts_compared(content) == texts_compared(filed.content):
        return replace(filed, content=content)
    alike = find_alike(session, filed.agency, content, filed.context.settings)
    return replace(filed, content=content, context=replace(filed.context, alike=alike))


def _add_content(session: WriteSession, actor: Actor, before: Filed, saved: Filed) -> None:
    """Make what is saved the current version."""
    content, report = saved.content, saved.report
    update_numbers(session.connection(), TABLES[content.form.version], saved.key, content.values)
    note_prose(session, saved, before=before.content)
    report.version += 1
    report.filled, report.nonzero = filled_and_nonzero(content.values)
    said = _changes(before.content, content)
    said |= {"version": saved.report.version, "document": _add_version(session, actor, saved)}
    record_report(session, actor, Act.REPORT_SAVE, (saved.agency, report), details=said)


def _changes(before: Content, after: Content) -> dict[str, object]:
    """Say which cells changed from what to what, and which texts; the versions have their words."""
    differ, cells = differences(before, after), after.form.cells
    return {
        "cells": {
            code: [None if value is None else to_text(cells[code].measure, value) for value in pair]
            for code, pair in differ.cells.items()
        },
        "texts": list(differ.texts),
    }


def refuse_closed(filed: Filed, *, draft: bool = False) -> None:
    """Refuse to touch what was accepted, and to keep as a draft what was 上报.

    Raises:
        WrongState: the step that would help is named.
    """
    status = filed.status
    if status.is_closed:
        way = Action.RETURN if status is Status.ACCEPTED else Action.REVISE
        raise wrong_state(filed, f"报告{status.said}，不能直接修改；要先{way.label}（{way}）", [way])
    if draft and not status.is_editable:
        raise wrong_state(filed, "报告已上报，不能再存成草稿；要先撤回（withdraw）", [Action.WITHDRAW])


def _add_version(session: WriteSession, actor: Actor, filed: Filed) -> str:
    """Keep what was saved, for ever; return its digest."""
    report = filed.report
    document = json.dumps(document_of(filed.content), ensure_ascii=False)
    row = {
        "report_id": filed.key,
        "number": report.version,
        "content": document,
        "saved_by": actor.holder,
        "saved_at": report.updated_at,
    }
    session.connection().execute(_ADD_VERSION, row)
    return digest_of(session.digest, document.encode())


def submit(session: WriteSession, actor: Actor, filed: Filed, terms: Terms) -> None:
    """Let a report that has passed the gate count as 上报, and keep the verdict with which it passed."""
    content = filed.content
    filed.report.was_submitted = True
    verdict = [
        described(content.form, content.values, result, filed.explanations)
        for result in not_kept(filed.results)
    ]
    late = days_late(_now().astimezone(CHINA).date(), terms.due_on)
    filed.report.days_late = late
    status = Action.SUBMIT.steps.get(filed.status, filed.status)
    step = Step(
        report_id=filed.key,
        version=filed.report.version,
        action=Action.SUBMIT,
        status=status,
        verdict=json.dumps(verdict, ensure_ascii=False),
        days_late=late,
        taken_by=actor.holder,
        taken_at=_now(),
    )
    take_step(session, actor, filed, step)


def take_step(session: WriteSession, actor: Actor, filed: Filed, step: Step) -> None:
    """Let a report take a step: its state afterwards, the step itself and the audit entry."""
    report = filed.report
    said: dict[str, object] = {"version": step.version, "from": report.status, "to": step.status}
    if step.places is not None:
        said["places"] = json.loads(step.places)
    if step.days_late:
        said["days_late"] = step.days_late
    if step.status != report.status:
        report.status = step.status
        report.revision += 1
        report.updated_at = _now()
    session.add(step)
    session.flush()
    filed.steps.append(step)
    act = Act(f"report.{step.action}")
    record_report(session, actor, act, (filed.agency, report), reason=step.reason, details=said)


def _now() -> datetime:
    return datetime.now(UTC)
