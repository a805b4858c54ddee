"""The one place where it is decided what somebody may see and do.

What one may not see is never selected: the conditions here are part of each query.  A token reaches the
agency that it names and all below it: as the tree stands, and for the reports of a year also as it stood on
31 December of that year, since the county that answers for that year's total must be able to see them.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from sqlalchemy import BindParameter, ColumnElement, Select, bindparam, or_, select, true

from app.domain.agencies import reference_day
from app.domain.roles import roles_with
from app.errors import Forbidden
from app.storage.models import AGENCY, Agency
from app.storage.tree import above_lastly, above_on, below_lastly, down_from

if TYPE_CHECKING:
    from app.auth.actor import Actor
    from app.domain.roles import Right
    from app.storage.engine import ReadSession


def get_within_reach(session: ReadSession, actor: Actor, code: str, year: int | None = None) -> Agency | None:
    """Return the agency of this code if the actor reaches it; None where it doesn't, or where there is none.

    Args:
        session: where to look.
        actor: who asks.
        code: the agency.
        year: of the reports that it is about, if it is about reports.
    """
    if actor.under is None:
        return session.scalars(_by_code(), {"code": code}).one_or_none()
    if year is None:
        return session.scalars(_by_code_below(), {"code": code, "under": actor.under}).one_or_none()
    known = {"code": code, "under": actor.under, "day": reference_day(year)}
    return session.scalars(_by_code_below_in_year(), known).one_or_none()


@cache
def _by_code() -> Select[Agency]:
    return select(Agency).where(AGENCY.c.code == bindparam("code"))


@cache
def _by_code_below() -> Select[Agency]:
    lastly = above_lastly(bindparam("code"))
    return _by_code().where(bindparam("under").in_(select(lastly.c.agency_id)))


@cache
def _by_code_below_in_year() -> Select[Agency]:
    lastly, then = above_lastly(bindparam("code")), above_on(bindparam("code"), bindparam("day"))
    under: BindParameter[int] = bindparam("under")
    return _by_code().where(or_(under.in_(select(lastly.c.agency_id)), under.in_(select(then.c.agency_id))))


def within_reach(actor: Actor, year: int | None = None) -> ColumnElement[bool]:
    """Return the condition on an agency's row that the actor reaches it; see the head of this module."""
    if actor.under is None:
        return true()
    reached = AGENCY.c.id.in_(select(below_lastly(actor.under).c.agency_id))
    if year is None:
        return reached
    then = down_from(actor.under, reference_day(year), "reached_then")
    return or_(reached, AGENCY.c.id.in_(select(then.c.agency_id)))


def require(actor: Actor, right: Right, what: str) -> None:
    """Refuse what the actor has no right to do.

    Args:
        actor: who wants to.
        right: that it takes.
        what: they want to do it to, for the message.

    Raises:
        Forbidden: they haven't it.
    """
    if right in actor.rights:
        return
    roles = "、".join(f"{role.label}（{role}）" for role in roles_with(right))
    own = f"您的角色是{actor.role.label}" if actor.role else "您没有角色"
    raise Forbidden(
        f"{own}，不能对{what}做“{right.label}”；能做的角色：{roles}",
        members={"right": right.value, "roles": [role.value for role in roles_with(right)]},
    )


def require_everything(actor: Actor, right: Right, what: str) -> None:
    """Refuse what only somebody may do who reaches every agency.

    Raises:
        Forbidden: the actor hasn't the right, or reaches but a part.
    """
    require(actor, right, what)
    if actor.under is not None:
        raise Forbidden(
            f"您的权限只在一个机关及其下各机关；{what}要由管理全部机关的人来做",
            members={"right": right.value},
        )
