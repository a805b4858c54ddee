"""Bodies with dated places, names and reports, in plain Python: what the service must agree with."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from app.domain.agencies import BEGINNING, reference_day

TODAY = date(2026, 11, 1)
"""After every day on which anything happens."""


@dataclass
class Place:
    """Where a body stands, from a day on and up to a day that no longer counts."""

    parent: str | None
    since: date
    until: date | None = None

    def holds_on(self, day: date) -> bool:
        return self.since <= day and (self.until is None or day < self.until)


@dataclass
class Report:
    """A report: the one figure that tells it from others, and whether it is 上报."""

    figure: int
    counts: bool


@dataclass
class Body:
    """A body with its places, the former names with the days on which they ended, and its reports by year."""

    code: str
    name: str
    places: list[Place]
    former: list[tuple[date, str]] = field(default_factory=list)
    reports: dict[int, Report] = field(default_factory=dict)
    merged_into: str | None = None

    def place_on(self, day: date) -> Place | None:
        return next((place for place in self.places if place.holds_on(day)), None)

    def name_on(self, day: date) -> str:
        return next((name for until, name in self.former if day < until), self.name)

    def end(self, day: date) -> None:
        self.places[-1].until = day

    def move(self, parent: str | None, day: date, place: Place | None = None) -> None:
        """Let a place, the last one by default, be under another body from a day on."""
        place = place or self.places[-1]
        if place.since >= day:
            place.parent = parent
            return
        self.places.insert(self.places.index(place) + 1, Place(parent, day, place.until))
        place.until = day


@dataclass
class DatedTree:
    """All bodies, by code."""

    bodies: dict[str, Body] = field(default_factory=dict)

    def begin(self, code: str, parent: str | None, day: date = BEGINNING) -> None:
        self.bodies[code] = Body(code, f"机关{code}", [Place(parent, day)])

    def standing(self, day: date) -> list[str]:
        return [code for code, body in self.bodies.items() if body.place_on(day)]

    def under(self, top: str, day: date) -> list[str]:
        """Return a body and all below it on a day; none where it doesn't stand."""
        standing = {code: body.place_on(day) for code, body in self.bodies.items()}
        if standing[top] is None:
            return []
        found, waiting = {top}, [top]
        while waiting:
            one = waiting.pop()
            below = [code for code, place in standing.items() if place and place.parent == one]
            waiting += [code for code in below if code not in found]
            found.update(below)
        return sorted(found)

    def children(self, code: str, day: date) -> list[str]:
        places = {each: body.place_on(day) for each, body in self.bodies.items()}
        return [each for each, place in places.items() if place and place.parent == code]

    def total(self, top: str, year: int) -> int | None:
        """Return the sum of a subtree as it stood on 31 December of the year."""
        return self._sum(self.under(top, reference_day(year)), year)

    def total_now(self, top: str, year: int) -> int | None:
        """Return the sum of a year's reports on today's tree."""
        now = set(self.under(top, TODAY))
        then = self.standing(reference_day(year))
        return self._sum([code for code in then if self._home(code) in now], year)

    def _home(self, code: str) -> str | None:
        body = self.bodies[code]
        if body.place_on(TODAY):
            return code
        return None if body.merged_into is None else self._home(body.merged_into)

    def _sum(self, codes: list[str], year: int) -> int | None:
        reports = [self.bodies[code].reports.get(year) for code in codes]
        counted = [report.figure for report in reports if report is not None and report.counts]
        return sum(counted) if counted else None

    def merge(self, parts: list[str], into: str, day: date) -> None:
        """Let bodies end and what stands below them come along."""
        for code in parts:
            self.bodies[code].end(day)
            self.bodies[code].merged_into = into
        for body in self.bodies.values():
            for place in list(body.places):
                if place.parent in parts and (place.until is None or place.until > day):
                    body.move(into, day, place)
