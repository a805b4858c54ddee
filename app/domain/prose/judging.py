"""Holding a report's prose to the rules: one call for all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.domain.claims import compared, placed_claims
from app.domain.prose.fees import judge_fees
from app.domain.prose.headings import judge_headings
from app.domain.prose.privacy import judge_privacy
from app.domain.prose.strangers import judge_strangers
from app.domain.prose.structure import judge_structure
from app.domain.prose.wording import judge_wording

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.domain.content import Content
    from app.domain.context import Context
    from app.domain.results import Result


def judge_prose(content: Content, context: Context) -> Iterator[Result]:
    """Hold a report's prose to R15–R17, R21, R22, R25, R26 and R30–R36."""
    claims = list(placed_claims(content, context))
    yield from judge_structure(content, context)
    yield from judge_fees(content, claims)
    yield from compared(content, claims)
    yield from judge_strangers(content, context.reporter)
    yield from judge_headings(content, context.reporter)
    yield from judge_privacy(content)
    yield from judge_wording(content)
