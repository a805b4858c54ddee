"""What people mean to do who may, and what else happens to a service."""

from __future__ import annotations

from dataclasses import dataclass

from tests.model import Model
from tests.model_terms import BALANCED, IMPLAUSIBLE, Content, Item, Verdict
from tests.steps import TOWNS, Batch, Explain, Patch, Put, Review, Step, Take


class Plan:
    """What somebody is to do who may; the model says who that is, and so which step it comes to."""

    def step_in(self, model: Model) -> Step | None:
        raise NotImplementedError


@dataclass(frozen=True)
class Proceed(Plan):
    """Somebody takes a report a step further, or files it."""

    agency: str
    choice: int

    def step_in(self, model: Model) -> Step | None:
        if self.agency not in model.reports:
            return Work(self.agency, self.choice, self.choice).step_in(model)
        steps = [
            Take(who, self.agency, action, explained=True, tag="current")
            for who in _at_work(model, self.agency)
            for action in sorted(model.choices(model.tokens[who], self.agency))
        ]
        onwards: list[Step] = [step for step in steps if step.action not in ("withdraw", "return")]
        onwards += _words_on(model, self.agency, self.choice)
        chosen = onwards if onwards and self.choice % 5 != 4 else steps
        return chosen[self.choice % len(chosen)] if chosen else None


def _words_on(model: Model, agency: str, choice: int) -> list[Step]:
    """Return who may explain what has to be, or judge the explanation that waits."""
    report, people = model.reports[agency], _at_work(model, agency)
    if not report.contents[-1].is_doubtful or report.may_be_accepted:
        return []
    if report.word is None or report.word.state == "refused":
        text = f"已与台账逐条核对，第 {choice} 次核对也没有填错"
        may = [who for who in people if model.tokens[who].may("file")]
        return [Explain(who, agency, text, "current") for who in may]
    verdict = Verdict.REFUSED if choice % 3 == 2 else Verdict.ACCEPTED
    may = [who for who in people if model.tokens[who].may("review") and report.status == "submitted"]
    return [Review(who, agency, verdict, "current") for who in may]


@dataclass(frozen=True)
class Work(Plan):
    """Somebody writes a report or files it."""

    agency: str
    number: int
    choice: int

    def step_in(self, model: Model) -> Step | None:
        writers = [who for who in _at_work(model, self.agency) if model.tokens[who].may("file")]
        if not writers:
            return None
        who, is_there = writers[self.choice % len(writers)], self.agency in model.reports
        if is_there and self.choice % 2:
            return Patch(who, self.agency, ("licensing", self.number), draft=False, tag="current")
        content, tag = Content(self.number, BALANCED), "current" if is_there else "none"
        return Put(who, self.agency, content, draft=self.choice % 3 == 0, tag=tag)


@dataclass(frozen=True)
class Doubt(Plan):
    """Somebody writes down a figure that has to be explained, or the report with one goes on."""

    agency: str
    choice: int

    def step_in(self, model: Model) -> Step | None:
        report = model.reports.get(self.agency)
        if report and (report.contents[-1].is_doubtful or report.status not in ("draft", "returned")):
            words = _words_on(model, self.agency, self.choice)
            onwards = Proceed(self.agency, self.choice).step_in(model)
            return words[self.choice % len(words)] if words else onwards
        # a draft
        return Work(self.agency, IMPLAUSIBLE, 6 * self.choice).step_in(model)


@dataclass(frozen=True)
class Deliver(Plan):
    """Somebody who writes for a whole province delivers reports together."""

    agencies: tuple[str, ...]
    number: int
    choice: int

    def step_in(self, model: Model) -> Step | None:
        writers = [who for who in _at_work(model, "P") if model.tokens[who].may("file")]
        if not writers:
            return None
        items = tuple(
            Item(agency, Content(self.number, BALANCED), "current" if agency in model.reports else "none")
            for agency in self.agencies
        )
        who, atomic = writers[self.choice % len(writers)], self.choice % 2 == 0
        return Batch(who, items, atomic, draft=self.choice % 3 == 0)


@dataclass(frozen=True)
class Again:
    """Somebody sends a request again by its key, not having got an answer."""

    choice: int


@dataclass(frozen=True)
class Restart:
    """The service is stopped and started."""


@dataclass(frozen=True)
class Follow:
    """A system that keeps a copy asks what has changed."""

    limit: int


@dataclass(frozen=True)
class AcceptOwn(Plan):
    """Somebody accepts with another token of theirs what they wrote or submitted, or else submits it."""

    number: int

    def step_in(self, model: Model) -> Step | None:
        agency, report = TOWNS[0], model.reports.get(TOWNS[0])
        if report and report.status == "submitted":
            for who in _at_work(model, agency):
                token = model.tokens[who]
                if token.may("review") and "accept" not in model.choices(token, agency):
                    return Take(who, agency, "accept", explained=False, tag="none")
        return Put(
            0, agency, Content(self.number, BALANCED), draft=False, tag="current" if report else "none"
        )


def _at_work(model: Model, agency: str) -> list[int]:
    """Return whose tokens are good and reach an agency."""
    tokens = enumerate(model.tokens)
    return [who for who, token in tokens if not token.is_revoked and model.reaches(token, agency)]
