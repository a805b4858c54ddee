"""Which version a change is based on: lost updates are refused, never merged by guess."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.errors import PreconditionRequired, StaleVersion

if TYPE_CHECKING:
    from app.services.filed import Filed
    from app.storage.collection_models import Collection
    from app.storage.models import Agency, Report
    from app.storage.sums import Source

BESIDE = "."
"""Stands in a mark before what tells the same state with other things shown beside it apart."""


@dataclass(frozen=True, slots=True)
class BasedOn:
    """What a caller says it read before changing it.

    Attributes:
        marks: the marks that it accepts; None where it accepts any, as long as there is one.
    """

    marks: frozenset[str] | None

    def accepts(self, mark: str) -> bool:
        """Tell whether a state is one of those; what was shown beside it doesn't matter."""
        return self.marks is None or any(each.partition(BESIDE)[0] == mark for each in self.marks)


def mark_of(thing: Agency | Report | Collection) -> str:
    """Return what tells this state of a thing from every other that it or a namesake ever had."""
    return f"{thing.id}-{thing.revision}"


def mark_of_new(key: int) -> str:
    """Return the mark of a thing that has just been stored under this row number."""
    return f"{key}-1"


def mark_of_filed(filed: Filed) -> str:
    """Return the mark of a report; another version than the current one has a mark of its own."""
    mark = mark_of(filed.report)
    return mark if filed.seen is None else f"{mark}-{filed.seen.version}"


def mark_of_source(source: Source) -> str:
    """Return the mark that a report had when a roll-up added it."""
    return f"{source.report_id}-{source.revision}"


def require_current(based_on: BasedOn | None, thing: Agency | Report | Collection) -> None:
    """Refuse a change that isn't based on the present state.

    Raises:
        PreconditionRequired: the caller doesn't say what it read.
        StaleVersion: it read something else.
    """
    if based_on is None:
        raise PreconditionRequired(
            "已经有内容，要用 If-Match（成批时用 etag）说明是在哪一版上改的；先读取，把返回的 ETag 原样带上",
            members={"etag": f'"{mark_of(thing)}"'},
        )
    refuse_stale(based_on, thing)


def refuse_stale(based_on: BasedOn | None, thing: Agency | Report | Collection) -> None:
    """Refuse a change that says it is based on another state; one that says nothing passes.

    Raises:
        StaleVersion: the caller read something else.
    """
    if based_on is not None and not based_on.accepts(mark_of(thing)):
        raise StaleVersion(
            "读取之后，内容已有变动；请重新读取，看过新内容再改",
            members={"etag": f'"{mark_of(thing)}"'},
        )


def require_absent(based_on: BasedOn | None) -> None:
    """Refuse to create what a caller says it has read.

    Raises:
        StaleVersion: it says so.
    """
    if based_on is not None:
        raise StaleVersion("If-Match（成批时是 etag）说的那一版已经不在了；要新建，请去掉它")
