"""What the model of the service speaks of: people, reports, and who may do what with them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

SYSTEM, STRANGER = "_system", "未登录"
BALANCED = 20
"""The one number of received requests that goes with the other cells."""
IMPLAUSIBLE = 10**12 - 1
"""More licences than anybody issues: nobody can report so many without a word about it."""

RIGHTS = {
    "reporter": {"file", "comment", "publish"},
    "reviewer": {"comment", "review", "publish", "audit"},
    "administrator": {"agencies", "tokens", "audit"},
    "reader": set(),
    "system": {"file"},
}
STEPS = {
    "submit": ("file", ("draft", "returned"), "submitted"),
    "withdraw": ("file", ("submitted",), "draft"),
    "return": ("review", ("submitted", "accepted"), "returned"),
    "accept": ("review", ("submitted",), "accepted"),
    "publish": ("publish", ("accepted",), "published"),
    "revise": ("file", ("published",), "draft"),
}
COUNTED = {
    "submitted": ("submitted", "accepted", "published"),
    "accepted": ("accepted", "published"),
}


class No(Exception):  # noqa: N818 - it is an answer
    """The service must refuse; *what* tells apart what one person is refused at one address."""

    def __init__(self, status: int, what: str = "") -> None:
        super().__init__(status, what)
        self.status = status
        self.what = what


class Content(NamedTuple):
    """The cells of a report that change; the others are always the same."""

    licensing: int | None
    received: int | None

    @property
    def is_sound(self) -> bool:
        return self.licensing not in (None, IMPLAUSIBLE) and self.received == BALANCED


class Item(NamedTuple):
    """A report of a batch."""

    agency: str
    content: Content
    tag: str


NOT_FOUND = 404


class Entry(NamedTuple):
    """An entry of the audit trail."""

    chain: str
    act: str
    holder: str
    agency: str | None
    times: int = 1


@dataclass
class Token:
    holder: str
    role: str
    agency: str | None
    is_revoked: bool = False

    def may(self, right: str) -> bool:
        return right in RIGHTS[self.role]

    @property
    def person(self) -> str:
        """Whose it is: a name may be written wide or narrow, large or small, with blanks or without."""
        return {"ＬＩ ＷＥＩ": "liwei", "Li Wei": "liwei"}.get(self.holder, self.holder)


@dataclass
class Report:
    chain: str
    contents: list[Content]
    savers: list[Token]
    status: str = "draft"
    revision: int = 1
    submitter: Token | None = None
    published: int | None = None
    comments: int = 0

    def copied(self) -> Report:
        return replace(self, contents=[*self.contents], savers=[*self.savers])

    @property
    def is_revised(self) -> bool:
        return self.published is not None and self.status != "published"

    def version_seen_by(self, token: Token) -> int:
        """Return the version that somebody sees: those who don't work on it see no unfinished correction."""
        works_on_it = token.may("file") or token.may("review")
        return len(self.contents) if works_on_it or not self.is_revised else self.published or 0

    def version_counted(self, basis: str) -> int | None:
        """Return the version that counts: what was published does until its correction is published."""
        if self.is_revised:
            return self.published
        return len(self.contents) if self.status in COUNTED[basis] else None
