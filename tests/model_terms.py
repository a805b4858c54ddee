"""What the model of the service speaks of: people, reports, and who may do what with them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import NamedTuple

SYSTEM, STRANGER = "_system", "未登录"
BALANCED = 20
"""The one number of received requests that goes with the other cells."""
IMPLAUSIBLE = 10**12 - 1
"""More licences than anybody issues: nobody can report so many without a word about it."""

SHORTEST_WORD = 10
"""Characters of an explanation; fewer explain nothing."""

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


class Verdict(StrEnum):
    """What a reviewer makes of an explanation, and whether a refusal says why."""

    ALL = "all"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    WITHOUT_REASON = "without reason"


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
    def keeps_the_rules(self) -> bool:
        """Whether it keeps those that no explanation can take the place of."""
        return self.licensing is not None and self.received == BALANCED

    @property
    def is_doubtful(self) -> bool:
        """Whether there is a finding that has to be explained: the only one that there ever is."""
        return self.licensing == IMPLAUSIBLE


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
class Word:
    """What somebody said of the finding, and what became of it: given, accepted or refused."""

    text: str
    giver: Token
    state: str = "given"


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
    words: list[Word] = field(default_factory=list)

    def copied(self) -> Report:
        words = [replace(word) for word in self.words]
        return replace(self, contents=[*self.contents], savers=[*self.savers], words=words)

    @property
    def word(self) -> Word | None:
        """What was said last of the finding that there is: it holds as long as the figure is the same."""
        return self.words[-1] if self.words and self.contents[-1].is_doubtful else None

    def may_be_submitted(self, content: Content) -> bool:
        """Tell whether it may be with this content: explained, where it has to be, and not in vain."""
        has_word = bool(self.words) and self.words[-1].state != "refused"
        return content.keeps_the_rules and (has_word or not content.is_doubtful)

    @property
    def may_be_accepted(self) -> bool:
        """Whether what had to be explained was, and will do."""
        has_word = self.word is not None and self.word.state == "accepted"
        return has_word or not self.contents[-1].is_doubtful

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
