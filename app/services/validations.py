"""Judging a report without storing it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.domain.judging import judge
from app.services.agencies import find_agency
from app.services.contents import empty_content
from app.services.filed import find_form
from app.services.reports import compose
from app.services.surroundings import context_of

if TYPE_CHECKING:
    from app.auth.actor import Actor
    from app.domain.content import Content
    from app.domain.results import Result
    from app.services.reports import Sent
    from app.storage.engine import ReadSession


def judge_sent(
    session: ReadSession, actor: Actor, code: str, year: int, sent: Sent
) -> tuple[Content, list[Result]]:
    """Return what was sent as an agency's report, and every result, as if it were saved now.

    Raises:
        NotFound: there is no such agency that the actor reaches.
        InvalidRequest: the year has no form.
    """
    agency = find_agency(session, actor, code, year=year)
    content = compose(empty_content(find_form(year), year, agency), sent)
    return content, judge(content, context_of(session, agency, content))
