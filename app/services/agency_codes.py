"""Codes of agencies: each is given once, for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.errors import Duplicate
from app.storage.models import AGENCY, RETIRED_CODE
from app.storage.placing import codes_among

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.storage.engine import ReadSession


def refuse_given(session: ReadSession, codes: Sequence[str]) -> None:
    """Refuse codes that an agency has, or that a removed one had.

    Raises:
        Duplicate: one of them was given; the first is named.
    """
    retired = codes_among(session, RETIRED_CODE.c.code, codes)
    if retired:
        raise Duplicate(f"代码“{retired[0]}”曾给过一个已删除的机关，不再使用；请另取代码")
    taken = codes_among(session, AGENCY.c.code, codes)
    if taken:
        existing = {"existing": f"/api/v1/agencies/{taken[0]}"}
        raise Duplicate(f"代码“{taken[0]}”已经有机关用了", members=existing)
