"""Which findings of reports still wait: for an explanation, or for a reviewer who accepts one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.domain.judging import judge
from app.forms import form_of_version
from app.services.contents import read_content
from app.services.surroundings import contexts_of
from app.storage.explanations import explanations_of_each
from app.storage.yearly import current_documents

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.storage.engine import ReadSession


@dataclass(frozen=True, slots=True)
class Open:
    """How many findings wait.

    Attributes:
        unexplained: for an explanation.
        unreviewed: for a reviewer to accept the one that there is.
    """

    unexplained: int
    unreviewed: int


NOTHING_OPEN = Open(0, 0)


def open_explanations(session: ReadSession, year: int, report_ids: Sequence[int]) -> dict[int, Open]:
    """Judge reports of a year by the rules as they are today, and count what waits, by report.

    Prose isn't held to that of other reports (R27), which takes longer than all else.
    """
    keys, reported = [], []
    for report_id, agency, version, _, document in current_documents(session, report_ids):
        form = form_of_version(version)
        if form is None:
            raise AssertionError(version)
        keys.append(report_id)
        reported.append((agency, read_content(form, year, agency, document)))
    contexts = contexts_of(session, year, reported, with_alike=False)
    known = explanations_of_each(session, report_ids)
    found = {}
    for report_id, (_, content), context in zip(keys, reported, contexts, strict=True):
        results, explained = judge(content, context), known[report_id]
        lacking = len(explained.unexplained(content.values, results))
        found[report_id] = Open(lacking, len(explained.unaccepted(content.values, results)) - lacking)
    return found
