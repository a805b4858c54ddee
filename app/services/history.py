"""The versions of a report: what it said at any time, and what changed between two of them."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import dropwhile
from typing import TYPE_CHECKING

from sqlalchemy import select

from app.domain.differences import Differences, differences
from app.domain.lifecycle import Action, Status
from app.domain.roles import Right
from app.errors import NotFound
from app.services.filed import Filed, Seen, content_at, find_report
from app.storage.models import VERSION, ReportVersion

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.auth.actor import Actor
    from app.storage.engine import ReadSession
    from app.storage.models import Step


def head_of(filed: Filed) -> dict[str, object]:
    """Return what the service says of a report beside its content: whose, where it stands, how it got so."""
    report, submitted = filed.report, submission_of(filed)
    return {
        "agency": filed.agency.code,
        "status": filed.status,
        "version": filed.version,
        "published_version": report.published_version,
        "days_late": None if submitted is None else submitted.days_late,
        "returned": _return_of(filed),
        "corrections": corrections_of(filed),
        "created_at": report.created_at,
        "updated_at": report.updated_at,
    }


def submission_of(filed: Filed) -> Step | None:
    """Return the last 上报 of what is shown; of what is published the one before, not its correction's."""
    steps: Iterator[Step] = reversed(filed.steps)
    if filed.status is Status.PUBLISHED:
        steps = dropwhile(lambda step: step.action != Action.PUBLISH, steps)
    return next((step for step in steps if step.action == Action.SUBMIT), None)


def _return_of(filed: Filed) -> dict[str, object] | None:
    if filed.status is not Status.RETURNED:
        return None
    step = filed.last_step(Action.RETURN)
    if step is None:
        raise AssertionError(filed.key)
    return {
        "reason": step.reason,
        "cells": places_of(step),
        "returned_by": step.taken_by,
        "returned_at": step.taken_at,
    }


def places_of(step: Step) -> list[str]:
    """Return the cells and sections that a step is about."""
    places: list[str] = json.loads(step.places or "[]")
    return places


@dataclass(frozen=True, slots=True)
class Correction:
    """A 更正 of a published report.

    Attributes:
        reason: why.
        corrects: the version that was published.
        revised_at: when it was begun.
        version: what was published in its place; None until it is.
        published_at: when; None until it is.
    """

    reason: str
    corrects: int
    revised_at: datetime
    version: int | None = None
    published_at: datetime | None = None


def corrections_of(filed: Filed) -> list[Correction]:
    """Return the 更正 since a report was first published, the oldest first."""
    corrections: list[Correction] = []
    for step in filed.steps:
        if step.action == Action.REVISE:
            corrections.append(Correction(step.reason or "", step.version, step.taken_at))
        elif step.action == Action.PUBLISH and corrections:
            last = corrections.pop()
            corrections.append(replace(last, version=step.version, published_at=step.taken_at))
    return corrections


def find_seen(session: ReadSession, actor: Actor, code: str, year: int) -> Filed:
    """Return a report as the actor is to see it.

    Whoever can neither write nor judge it sees, while it is being corrected, the version that is published.

    Raises:
        NotFound: there is no such report that the actor reaches.
    """
    filed = find_report(session, actor, code, year)
    works_on_it = actor.rights & {Right.FILE, Right.REVIEW}
    return filed if works_on_it or not filed.is_under_revision else published(session, filed)


def find_published(session: ReadSession, actor: Actor, code: str, year: int) -> Filed:
    """Return the version of a report that was published last.

    Raises:
        NotFound: there is no such report that the actor reaches, or it was never published.
    """
    filed = find_report(session, actor, code, year)
    if filed.report.published_version is None:
        raise NotFound(f"“{filed.agency.name}”{year} 年度的报告还没有公布过")
    return published(session, filed)


def published(session: ReadSession, filed: Filed) -> Filed:
    """Return a report that was published as the public sees it."""
    number = filed.report.published_version or filed.report.version
    step = filed.last_step(Action.PUBLISH)
    known = filed.explanations if step is None else filed.explanations.until(step.taken_at)
    shown = replace(filed, explanations=known)
    return _seen(session, shown, Seen(number, Status.PUBLISHED), filed.steps)


def list_versions(session: ReadSession, filed: Filed) -> list[ReportVersion]:
    """Return every version of a report, the oldest first."""
    chosen = select(ReportVersion).where(VERSION.c.report_id == filed.key).order_by(VERSION.c.number)
    return list(session.scalars(chosen))


def find_version(session: ReadSession, filed: Filed, number: int) -> tuple[Filed, ReportVersion]:
    """Return a report as one of its versions has it, where it stood when that was last current.

    So does what was explained by then and what reviewers had made of it.

    Raises:
        NotFound: there is none of this number.
    """
    version = session.get(ReportVersion, (filed.key, number))
    if version is None:
        raise NotFound(f"这份报告没有第 {number} 版；现在是第 {filed.report.version} 版")
    steps = [step for step in filed.steps if step.version <= number]
    known, later = filed.explanations.up_to(number), session.get(ReportVersion, (filed.key, number + 1))
    shown = replace(filed, explanations=known if later is None else known.until(later.saved_at))
    return _seen(session, shown, Seen(number, _status_after(steps)), steps), version


def find_as_of(session: ReadSession, filed: Filed, moment: datetime) -> Filed:
    """Return a report as it was at a moment.

    Raises:
        NotFound: there was no report yet.
    """
    chosen = select(VERSION.c.number).where(VERSION.c.report_id == filed.key, VERSION.c.saved_at <= moment)
    number = session.scalar(chosen.order_by(VERSION.c.number.desc()).limit(1))
    if number is None:
        raise NotFound(f"{moment.isoformat()} 时还没有这份报告")
    steps = [step for step in filed.steps if step.taken_at <= moment]
    shown = replace(filed, explanations=filed.explanations.until(moment))
    return _seen(session, shown, Seen(number, _status_after(steps)), steps)


def _status_after(steps: list[Step]) -> Status:
    return Status(steps[-1].status) if steps else Status.DRAFT


def _seen(session: ReadSession, filed: Filed, seen: Seen, steps: list[Step]) -> Filed:
    content = content_at(session, filed.agency, filed.report, seen.version)
    return replace(filed, content=content, steps=steps, seen=seen)


def compare(session: ReadSession, filed: Filed, earlier: int, later: int) -> Differences:
    """Return what differs between two versions of a report.

    Raises:
        NotFound: there is no version of one of these numbers.
    """
    before, after = (find_version(session, filed, number)[0].content for number in (earlier, later))
    return differences(before, after)
