"""What the service must do, said a second time in a few lines of plain Python.

Who may do what, and which step leads where, is written down here anew on purpose: what is wrong in the
service's own tables can't be wrong here in the same way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from tests.model_terms import (
    NOT_FOUND,
    SHORTEST_WORD,
    STEPS,
    STRANGER,
    SYSTEM,
    Content,
    Entry,
    Item,
    No,
    Report,
    Token,
    Verdict,
    Word,
)

Judgement: TypeAlias = Callable[["Model", Token], int]


@dataclass
class Model:
    """The service.

    Attributes:
        parents: the agency above each.
        towns: the agencies below the level of counties.
        aggregates: those whose report adds up others' and so counts nowhere.
        tokens: all that were issued, in order.
        reports: by agency.
        trail: of each chain in order.
        told: the status of each report in the last batch.
        refused: refusals since the trail was read last, by kind, and how often each came again.
    """

    parents: dict[str, str | None]
    towns: frozenset[str]
    aggregates: frozenset[str]
    tokens: list[Token] = field(default_factory=list)
    reports: dict[str, Report] = field(default_factory=dict)
    trail: list[Entry] = field(default_factory=list)
    told: list[int] = field(default_factory=list)
    refused: dict[tuple[Entry, str], int] = field(default_factory=dict)

    def status_of(self, token: Token, judge: Judgement) -> int:
        """Do what somebody asks for; return the status of the answer."""
        if token.is_revoked:
            self._note(Entry(SYSTEM, "login.refuse", STRANGER, None), "revoked")
            return 401
        try:
            return judge(self, token)
        except No as no:
            if no.status == 403:
                entry = Entry(SYSTEM, "access.refuse", token.holder, None)
                self._note(entry, f"{token.role} {no.what}")
            return no.status

    def _note(self, entry: Entry, why: str) -> None:
        kind = (entry, why)
        if kind not in self.refused:
            self.trail.append(entry)
        self.refused[kind] = self.refused.get(kind, -1) + 1

    def flush(self) -> None:
        """Let refusals that came again be told of, as reading the trail does."""
        self.trail += [entry._replace(times=times) for (entry, _), times in self.refused.items() if times]
        self.refused.clear()

    def chains(self) -> dict[str, int]:
        """Return how many entries each chain has."""
        return dict(Counter(entry.chain for entry in self.trail))

    def lineage(self, agency: str | None) -> Iterator[str]:
        """Yield an agency and all above it."""
        while agency is not None:
            yield agency
            agency = self.parents[agency]

    def reaches(self, token: Token, agency: str) -> bool:
        return token.agency is None or token.agency in self.lineage(agency)

    def require(
        self, token: Token, agency: str, right: str = "", *, unreached: int = NOT_FOUND
    ) -> Report | None:
        """Refuse what somebody may not do with an agency; return its report."""
        is_reached = self.reaches(token, agency)
        # an agency in the path hides first; of one in the body, the right comes first
        if not is_reached and unreached == NOT_FOUND:
            raise No(unreached)
        if right and not token.may(right):
            raise No(403, f"{right} {agency} {is_reached}")
        if not is_reached:
            raise No(unreached)
        return self.reports.get(agency)

    def post(self, token: Token, agency: str, content: Content, *, draft: bool) -> int:
        if self.require(token, agency, "file", unreached=422):
            raise No(409)
        return self._create(token, agency, content, draft=draft)

    def _create(self, token: Token, agency: str, content: Content, *, draft: bool) -> int:
        if not draft and not (content.keeps_the_rules and not content.is_doubtful):
            raise No(422)
        chain = next(above for above in self.lineage(agency) if above not in self.towns)
        self.reports[agency] = Report(chain, [content], [token])
        self._tell("create", token, agency)
        if not draft:
            self._take("submit", token, agency)
        return 201

    def _tell(self, act: str, token: Token, agency: str) -> None:
        self.trail.append(Entry(self.reports[agency].chain, f"report.{act}", token.holder, agency))

    def _take(self, action: str, token: Token, agency: str) -> None:
        report, status = self.reports[agency], STEPS[action][2]
        report.revision += report.status != status
        report.status = status
        if action == "submit":
            report.submitter = token
        if action == "publish":
            report.published = len(report.contents)
        self._tell(action, token, agency)

    def put(
        self,
        token: Token,
        agency: str,
        content: Content,
        tag: str,
        *,
        draft: bool,
        unreached: int = NOT_FOUND,
    ) -> int:
        report = self.require(token, agency, "file", unreached=unreached)
        if report is None:
            if tag != "none":
                raise No(412)
            return self._create(token, agency, content, draft=draft)
        refuse_blind(tag)
        return self._save(token, agency, content, draft=draft, submit=not draft)

    def save_batch(self, token: Token, items: Sequence[Item], *, atomic: bool, draft: bool) -> int:
        if not token.may("file"):
            raise No(403, "file a batch")
        reports = {agency: report.copied() for agency, report in self.reports.items()}
        trail = len(self.trail)
        self.told = [self._save_item(token, item, items, draft=draft) for item in items]
        # entries of one moment are listed by chain
        self.trail[trail:] = sorted(self.trail[trail:], key=lambda entry: entry.chain)
        if not atomic:
            return 207
        if max(self.told) > 201:
            self.reports = reports
            del self.trail[trail:]
            raise No(422)
        return 200

    def _save_item(self, token: Token, item: Item, items: Sequence[Item], *, draft: bool) -> int:
        if [other.agency for other in items].count(item.agency) > 1:
            return 422
        try:
            return self.put(token, *item, draft=draft, unreached=422)
        except No as no:
            return no.status

    def patch(
        self, token: Token, agency: str, change: tuple[str, int | None], tag: str, *, draft: bool
    ) -> int:
        report = found(self.require(token, agency, "file"))
        refuse_blind(tag)
        content = report.contents[-1]._replace(**dict([change]))
        return self._save(token, agency, content, draft=draft, submit=False)

    def _save(self, token: Token, agency: str, content: Content, *, draft: bool, submit: bool) -> int:
        report = self.reports[agency]
        is_submitted = report.status == "submitted"
        if report.status in ("accepted", "published") or (draft and is_submitted):
            raise No(409)
        if (submit or is_submitted) and not report.may_be_submitted(content):
            raise No(422)
        is_changed = content != report.contents[-1]
        if is_changed:
            report.contents.append(content)
            report.savers.append(token)
            report.revision += 1
            self._tell("save", token, agency)
        if is_changed if is_submitted else submit:
            self._take("submit", token, agency)
        return 200

    def delete(self, token: Token, agency: str, tag: str) -> int:
        report = found(self.require(token, agency, "file"))
        refuse_blind(tag)
        if report.submitter:
            raise No(409)
        self._tell("delete", token, agency)
        del self.reports[agency]
        return 204

    def step(self, token: Token, agency: str, action: str, tag: str, *, explained: bool) -> int:
        report = found(self.require(token, agency, STEPS[action][0]))
        if not explained and action in ("withdraw", "return", "revise"):
            raise No(422)
        if tag == "stale":
            raise No(412)
        if report.status not in STEPS[action][1]:
            raise No(409)
        if action == "accept" and token.person in self._authors(report):
            raise No(403, "own")
        if action == "accept" and not report.may_be_accepted:
            raise No(409)
        if action == "submit" and not report.may_be_submitted(report.contents[-1]):
            raise No(422)
        self._take(action, token, agency)
        return 200

    def explain(self, token: Token, agency: str, text: str, tag: str) -> int:
        report = found(self.require(token, agency, "file"))
        if tag == "stale":
            raise No(412)
        if report.status in ("accepted", "published"):
            raise No(409)
        word = report.word
        is_said = word is not None and word.text == text
        if not report.contents[-1].is_doubtful or len(text) < SHORTEST_WORD:
            raise No(422)
        if word is not None and is_said and word.state == "refused":
            raise No(422)
        if not is_said:
            report.words.append(Word(text, token))
            report.revision += 1
            self._tell("explain", token, agency)
        return 200

    def review(self, token: Token, agency: str, verdict: Verdict, tag: str) -> int:
        report = found(self.require(token, agency, "review"))
        if tag == "stale":
            raise No(412)
        if report.status != "submitted":
            raise No(409)
        word = report.word
        if word is None:
            if verdict is Verdict.ALL:
                return 200
            raise No(422)
        if verdict is Verdict.WITHOUT_REASON:
            raise No(422)
        self._judge(token, agency, word, "refused" if verdict is Verdict.REFUSED else "accepted")
        return 200

    def _judge(self, token: Token, agency: str, word: Word, state: str) -> None:
        report = self.reports[agency]
        if state == "accepted":
            if token.person == word.giver.person:
                raise No(403, "own word")
            if token.person in self._authors(report):
                raise No(403, "own")
            if word.state == "accepted":
                return
        word.state = state
        report.revision += 1
        self._tell("review", token, agency)
        if state == "refused":
            self._take("return", token, agency)

    def _authors(self, report: Report) -> set[str]:
        return {who.person for who in (report.savers[-1], report.submitter) if who}

    def copy(self) -> tuple[dict[str, str | None], dict[str, tuple[object, ...]]]:
        """Return what whoever follows the changes must come to know: agencies with parents, and reports."""
        reports: dict[str, tuple[object, ...]] = {
            agency: (report.status, len(report.contents), report.published, str(report.revision))
            for agency, report in self.reports.items()
        }
        return dict(self.parents), reports

    def choices(self, token: Token, agency: str) -> set[str]:
        """Return the steps that somebody may take with a report that they reach."""
        report, may = self.reports[agency], dict.fromkeys(STEPS, True)
        for action, (right, states, _) in STEPS.items():
            may[action] = token.may(right) and report.status in states
        may["accept"] &= token.person not in self._authors(report) and report.may_be_accepted
        may["submit"] &= report.may_be_submitted(report.contents[-1])
        return {action for action, allowed in may.items() if allowed}

    def comment(self, token: Token, agency: str, *, is_known: bool) -> int:
        report = found(self.require(token, agency, "comment"))
        if not is_known:
            raise No(422)
        report.comments += 1
        self._tell("comment", token, agency)
        return 201

    def move(self, token: Token, agency: str, parent: str, tag: str) -> int:
        self.require(token, agency, "agencies")
        refuse_blind(tag)
        if parent != self.parents[agency]:
            if not self.reaches(token, parent) or agency in self.lineage(parent):
                raise No(422)
            self.parents[agency] = parent
            self.trail.append(Entry(SYSTEM, "agency.replace", token.holder, agency))
        return 200

    def issue(self, token: Token, new: Token) -> int:
        if not token.may("tokens"):
            raise No(403, "tokens")
        if new.agency is None and token.agency is not None:
            raise No(403, "everything")
        if new.agency is not None:
            self.require(token, new.agency, unreached=422)
        self.tokens.append(new)
        self.trail.append(Entry(SYSTEM, "token.issue", token.holder, new.agency))
        return 201

    def revoke(self, token: Token, old: Token) -> int:
        if token is not old and not token.may("tokens"):
            raise No(403, "tokens")
        if token.agency is not None and (old.agency is None or not self.reaches(token, old.agency)):
            raise No(404)
        if not old.is_revoked:
            old.is_revoked = True
            self.trail.append(Entry(SYSTEM, "token.revoke", token.holder, old.agency))
        return 204

    def read_trail(self, token: Token) -> int:
        self.flush()
        if not token.may("audit"):
            raise No(403, "audit")
        return 200

    def sources(self, top: str, basis: str) -> dict[str, int]:
        """Return the version of each report that counts in an agency's total."""
        below = {
            agency: report.version_counted(basis)
            for agency, report in self.reports.items()
            if top in self.lineage(agency) and agency not in self.aggregates
        }
        return {agency: version for agency, version in sorted(below.items()) if version}

    def total(self, top: str, basis: str) -> list[int | None]:
        """Return the total of each cell of `Content`; None where nothing counts."""
        counted = [self.reports[of].contents[at - 1] for of, at in self.sources(top, basis).items()]
        return [sum(map(int, numbers)) for numbers in zip(*counted, strict=True)] or [None, None]


def found(report: Report | None) -> Report:
    if report is None:
        raise No(404)
    return report


def refuse_blind(tag: str) -> None:
    """Refuse a change by somebody who doesn't say what they read, or read something else."""
    if tag == "none":
        raise No(428)
    if tag == "stale":
        raise No(412)
