"""What reorganisations do to the tree: first whatever speaks against one, all of it, then the change."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import singledispatch
from typing import TYPE_CHECKING

from app.auth.rights import get_within_reach
from app.domain.reorganisations import Operation
from app.errors import Fault, Forbidden, InvalidRequest
from app.services.agencies import details_lastly, key_of, register, require_place
from app.services.agency_details import AgencyDetails, as_json
from app.services.allocations import allocation_faults
from app.services.reorganisation_details import Change, Dissolve, Establish, Merge, Move, Rename, Split
from app.storage.models import Agency, AgencyPlacement
from app.storage.reorganisation_models import FormerName, Succession
from app.storage.reorganisations import last_renamed_on, last_reorganised_on
from app.storage.surroundings import names_under
from app.storage.tree import Span, last_placement, lineage_on, placement_on, placements_under, would_circle

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from app.auth.actor import Actor
    from app.domain.values import Values
    from app.services.reorganisation_details import Body
    from app.storage.engine import WriteSession


@dataclass(slots=True)
class Work:
    """A reorganisation that is being done.

    Attributes:
        session: its transaction.
        actor: who does it.
        day: the first of the new state.
        operation: what it is.
        faults: what speaks against it so far.
        before: the bodies that it changes, by row number, each with its details as they were; None: new.
        successions: who goes on with what whom had; without the number of the reorganisation.
    """

    session: WriteSession
    actor: Actor
    day: date
    operation: Operation
    faults: list[Fault] = field(default_factory=list)
    before: dict[int, tuple[Agency, Mapping[str, object] | None]] = field(default_factory=dict)
    successions: list[Succession] = field(default_factory=list)

    def refuse(self, pointer: str, message: str, code: str) -> None:
        """Note what speaks against it."""
        self.faults.append(Fault(pointer, message, code))

    def stop_if_refused(self) -> None:
        """Refuse it where anything speaks against it.

        Raises:
            InvalidRequest: something does.
        """
        if len(self.faults) == 1:
            raise InvalidRequest(self.faults[0].message, self.faults)
        if self.faults:
            raise InvalidRequest(f"有 {len(self.faults)} 处不符合要求，没有登记", self.faults)

    def find(self, code: str, pointer: str) -> Agency | None:
        """Return the body of a code; None, and a fault, where the actor reaches none."""
        agency = get_within_reach(self.session, self.actor, code)
        if agency is None:
            self.refuse(pointer, f"没有代码为“{code}”的机关", "unknown-agency")
        return agency

    def needed(self, agency: Agency | None) -> Agency:
        """Return a body that was found, or refuse.

        Raises:
            InvalidRequest: it wasn't, or something else speaks against it already.
        """
        self.stop_if_refused()
        if agency is None:
            raise AssertionError(self.operation)
        return agency

    def standing(self, agency: Agency, pointer: str, *, to_change: bool) -> AgencyPlacement:
        """Return where a body stands lastly; a fault where it doesn't stand there on the day.

        Args:
            agency: the body.
            pointer: where it is named.
            to_change: whether that place is to end, which it can't on its first day.

        Raises:
            Forbidden: its place would change, and it is the one at the top of what the actor reaches.
        """
        placement, name = last_placement(self.session, key_of(agency)), agency.name
        if to_change and self.actor.under == agency.id:
            raise Forbidden(
                f"“{name}”是您权限范围的最上一级，它的{self.operation.label}要由上级的管理员来登记"
            )
        if placement.valid_from > self.day or (to_change and placement.valid_from == self.day):
            message = (
                f"“{name}”从 {placement.valid_from} 起才在现在的位置，{self.day} 不能{self.operation.label}；"
                "位置或起始日期登记错了的，请用 PUT 更正"
            )
            self.refuse(pointer, message, "placed-later")
        elif placement.valid_to is not None and placement.valid_to <= self.day:
            message = f"“{name}”从 {placement.valid_to} 起已不在机关树中，请核对机关代码和生效日期"
            self.refuse(pointer, message, "not-standing")
        elif to_change:
            self._refuse_earlier(agency, pointer)
        return placement

    def _refuse_earlier(self, agency: Agency, pointer: str) -> None:
        """Note where something that took effect later was recorded of a body already."""
        later = last_reorganised_on(self.session, key_of(agency))
        if later is not None and later > self.day:
            message = f"“{agency.name}”已登记了 {later} 生效的变动；同一个机关的变动要按先后登记"
            self.refuse(pointer, message, "reorganised-later")

    def parent(self, code: str, pointer: str) -> Agency | None:
        """Return a body that others are to stand under; None, and a fault, where it doesn't stand."""
        parent = self.find(code, pointer)
        if parent is not None and placement_on(self.session, key_of(parent), self.day) is None:
            message = f"“{parent.name}”在 {self.day} 不在机关树中，不能做上级；请核对代码和生效日期"
            self.refuse(pointer, message, "not-standing")
        return parent

    def refuse_taken(self, name: str, parent_id: int | None, pointer: str) -> None:
        """Note where another body right under the same one has the name already."""
        if parent_id is None:
            return
        if name in names_under(self.session, [parent_id], self.day).get(parent_id, []):
            message = f"同一上级之下已有叫“{name}”的机关；请核对名称"
            self.refuse(pointer, message, "name-taken")

    def touch(self, agency: Agency) -> None:
        """Note a body as it is before it changes."""
        if key_of(agency) not in self.before:
            known = as_json(details_lastly(self.session, agency))
            self.before[key_of(agency)] = (agency, known)
            agency.revision += 1
            agency.updated_at = datetime.now(UTC)

    def end(self, agency: Agency, placement: AgencyPlacement) -> None:
        """Let a body no longer stand."""
        self.touch(agency)
        placement.valid_to = self.day
        self.session.flush()

    def move(self, agency: Agency, placement: AgencyPlacement, parent_id: int) -> None:
        """Let a body stand under another one from the day on, or from when it was to stand here at all."""
        self.touch(agency)
        if placement.valid_from >= self.day:
            placement.parent_id = parent_id
            self.session.flush()
            return
        until, placement.valid_to = placement.valid_to, self.day
        # the old place must have ended before there is another
        self.session.flush()
        new = AgencyPlacement(
            agency_id=key_of(agency), parent_id=parent_id, valid_from=self.day, valid_to=until
        )
        self.session.add(new)
        self.session.flush()

    def begin(self, details: AgencyDetails) -> Agency:
        """Register a new body.

        Raises:
            Forbidden, Duplicate, InvalidRequest: see `create_agency`.
        """
        require_place(self.actor, details)
        agency = register(self.session, self.actor, details).agency
        self.before[key_of(agency)] = (agency, None)
        return agency

    def succeed(self, old: Agency, new: Agency, allocation: Values | None = None) -> None:
        """Note that a body goes on with what another had."""
        kept = None if allocation is None else json.dumps(dict(allocation))
        self.successions.append(
            Succession(
                reorganisation_id=0,
                predecessor_id=key_of(old),
                successor_id=key_of(new),
                allocation=kept,
            )
        )


def named_in(change: Change) -> list[str]:
    """Return the codes of the bodies that are there already and that a change is about."""
    match change:
        case Rename() | Move() | Dissolve():
            return [change.agency]
        case Merge():
            return [*change.agencies, *_codes([change.into])]
        case Split():
            return [change.agency, *_codes(change.into)]
        case Establish():
            return []


def _codes(bodies: Iterable[Body]) -> list[str]:
    return [body for body in bodies if isinstance(body, str)]


@singledispatch
def carry_out(change: Change, work: Work) -> None:
    """Do what is asked.

    Raises:
        InvalidRequest: with everything that speaks against it.
        Forbidden, Duplicate: see `create_agency`.
    """
    raise AssertionError(change, work)


@carry_out.register
def _rename(change: Rename, work: Work) -> None:
    agency = work.needed(work.find(change.agency, "/agency"))
    placement = work.standing(agency, "/agency", to_change=False)
    division_code = change.division_code or agency.division_code
    since = last_renamed_on(work.session, key_of(agency))
    if since is not None and since >= work.day:
        message = f"“{agency.name}”从 {since} 起才叫这个名称；更名要按先后登记，生效日期应晚于 {since}"
        work.refuse("/effective_on", message, "renamed-later")
    if (change.name, division_code) == (agency.name, agency.division_code):
        work.refuse("/name", f"“{agency.name}”现在就叫这个名称，区划代码也没有变", "unchanged")
    elif change.name != agency.name:
        work.refuse_taken(change.name, placement.parent_id, "/name")
    work.stop_if_refused()
    work.touch(agency)
    former = FormerName(
        agency_id=key_of(agency), name=agency.name, division_code=agency.division_code, valid_to=work.day
    )
    work.session.add(former)
    agency.name, agency.division_code = change.name, division_code
    work.session.flush()


@carry_out.register
def _move(change: Move, work: Work) -> None:
    found, above = work.find(change.agency, "/agency"), work.parent(change.parent, "/parent")
    agency, parent = work.needed(found), work.needed(above)
    placement = work.standing(agency, "/agency", to_change=True)
    if placement.parent_id == parent.id:
        work.refuse("/parent", f"“{agency.name}”已经在“{parent.name}”之下", "unchanged")
    elif would_circle(work.session, key_of(agency), key_of(parent), Span(work.day, placement.valid_to)):
        work.refuse("/parent", f"“{parent.name}”在“{agency.name}”之下，不能又做它的上级", "circle")
    else:
        work.refuse_taken(agency.name, parent.id, "/parent")
    work.stop_if_refused()
    work.move(agency, placement, key_of(parent))


@carry_out.register
def _merge(change: Merge, work: Work) -> None:
    found = [work.find(code, f"/agencies/{n}") for n, code in enumerate(change.agencies)]
    into = work.find(change.into, "/into") if isinstance(change.into, str) else None
    _refuse_twice(work, change.agencies, "/agencies")
    work.stop_if_refused()
    ended = {n: agency for n, agency in enumerate(found) if agency is not None and agency is not into}
    places = {
        key_of(agency): work.standing(agency, f"/agencies/{n}", to_change=True) for n, agency in ended.items()
    }
    if into is not None:
        work.standing(into, "/into", to_change=False)
    above = into.code if into is not None else _parent_of(change.into)
    _refuse_below(work, above, ended.values())
    work.stop_if_refused()
    for agency in ended.values():
        work.end(agency, places[key_of(agency)])
    successor = _begin(work, change.into, "/into")
    work.touch(successor)
    for agency in ended.values():
        _bring_along(work, agency, successor)
        work.succeed(agency, successor)


def _parent_of(body: Body) -> str | None:
    return None if isinstance(body, str) else body.parent


def _refuse_below(work: Work, code: str | None, ended: Iterable[Agency]) -> None:
    """Note where the body that others become one with, or would stand under, stands below one that ends."""
    lineage = [] if code is None else [rung.code for rung in lineage_on(work.session, code, work.day)]
    for agency in ended:
        if agency.code in lineage:
            message = (
                f"合并后的机关在要并入的“{agency.name}”之下；请先登记它改变隶属关系（move），同一天生效即可"
            )
            work.refuse("/into", message, "circle")


def _bring_along(work: Work, ended: Agency, successor: Agency) -> None:
    """Let what stands below a body that ended stand below the one that goes on."""
    for placement in placements_under(work.session, key_of(ended), work.day):
        agency = work.session.get_one(Agency, placement.agency_id)
        work.move(agency, placement, key_of(successor))


def _begin(work: Work, body: Body, pointer: str) -> Agency:
    """Register a new body, if nothing speaks against its place and its name; find one that is there."""
    if isinstance(body, str):
        return work.needed(work.find(body, pointer))
    if body.parent is not None:
        parent = work.parent(body.parent, f"{pointer}/parent")
        if parent is not None:
            work.refuse_taken(body.name, key_of(parent), f"{pointer}/name")
        work.stop_if_refused()
    return work.begin(body)


@carry_out.register
def _split(change: Split, work: Work) -> None:
    whole = work.find(change.agency, "/agency")
    found = {n: work.find(body, f"/into/{n}") for n, body in enumerate(change.into) if isinstance(body, str)}
    _refuse_wrong_parts(change, work)
    agency = work.needed(whole)
    placement = work.standing(agency, "/agency", to_change=not change.keeps)
    for n, part in found.items():
        if part is not None:
            work.standing(part, f"/into/{n}", to_change=False)
    if not change.keeps:
        _refuse_others_below(work, agency)
    if change.allocation is not None:
        receivers = [body if isinstance(body, str) else body.code for body in change.into]
        receivers += [agency.code] if change.keeps else []
        work.faults += allocation_faults(work.session, agency, work.day, change.allocation, receivers)
    work.stop_if_refused()
    _divide(change, work, agency, placement)


def _divide(change: Split, work: Work, agency: Agency, placement: AgencyPlacement) -> None:
    if not change.keeps:
        work.end(agency, placement)
    work.touch(agency)
    parts = [agency] if change.keeps else []
    for n, body in enumerate(change.into):
        part = _begin(work, body, f"/into/{n}")
        work.touch(part)
        parts.append(part)
    for part in parts:
        work.succeed(agency, part, None if change.allocation is None else change.allocation[part.code])


def _refuse_wrong_parts(change: Split, work: Work) -> None:
    codes = [body if isinstance(body, str) else body.code for body in change.into]
    least = 1 if change.keeps else 2
    if len(codes) < least:
        message = "至少要拆成两个机关；原机关保留的（keeps），另写至少一个"
        work.refuse("/into", message, "too-few")
    for n, code in enumerate(codes):
        if code == change.agency:
            message = "原机关保留的，请写 keeps: true，不要写在 into 里"
            work.refuse(f"/into/{n}", message, "names-itself")
    _refuse_twice(work, codes, "/into")


def _refuse_twice(work: Work, codes: Sequence[str], pointer: str) -> None:
    for n, code in enumerate(codes):
        if code in codes[:n]:
            work.refuse(f"{pointer}/{n}", f"“{code}”写了不止一次", "code-twice")


def _refuse_others_below(work: Work, agency: Agency) -> None:
    below = placements_under(work.session, key_of(agency), work.day)
    names = [work.session.get_one(Agency, key).name for key in dict.fromkeys(one.agency_id for one in below)]
    if names:
        message = (
            f"“{agency.name}”之下还有 {len(names)} 个机关：{'、'.join(names)}；"
            "请先登记它们改变隶属关系（move）、合并（merge）或撤销（dissolve），同一天生效即可"
        )
        work.refuse("/agency", message, "others-below")


@carry_out.register
def _dissolve(change: Dissolve, work: Work) -> None:
    agency = work.needed(work.find(change.agency, "/agency"))
    placement = work.standing(agency, "/agency", to_change=True)
    _refuse_others_below(work, agency)
    work.stop_if_refused()
    work.end(agency, placement)


@carry_out.register
def _establish(change: Establish, work: Work) -> None:
    _begin(work, change.body, "/body")
