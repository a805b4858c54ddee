"""Judging a report without storing it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.domain.content import Content
from app.domain.context import ALONE
from app.domain.judging import judge
from app.services.agencies import find_agency
from app.services.contents import empty_content
from app.services.filed import find_form
from app.services.reports import compose
from app.services.surroundings import context_of

if TYPE_CHECKING:
    from app.auth.actor import Actor
    from app.domain.results import Result
    from app.services.reports import Sent
    from app.storage.engine import ReadSession


def judge_sent(
    session: ReadSession, actor: Actor, code: str | None, year: int, sent: Sent
) -> tuple[Content, list[Result]]:
    """Return what was sent as a report and every result: beside what is known of an agency, if one is named.

    Raises:
        NotFound: there is no such agency that the actor reaches.
        InvalidRequest: the year has no form.
    """
    if code is None:
        form = find_form(year)
        content = compose(Content(form, year, None, None, {}, dict.fromkeys(form.cells)), sent)
        return content, judge(content, ALONE)
    agency = find_agency(session, actor, code, year=year)
    content = compose(empty_content(find_form(year), year, agency), sent)
    return content, judge(content, context_of(session, agency, content))
