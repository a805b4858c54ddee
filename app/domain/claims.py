"""Placeholder until the reader is written."""
from __future__ import annotations
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    from collections.abc import Iterator
    from app.domain.content import Content
    from app.domain.results import Result
def doubts_about(content: Content) -> Iterator[Result]:
    """Nothing yet."""
    yield from ()
