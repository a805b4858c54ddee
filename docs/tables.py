"""Tables as Markdown has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def table_of(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """Return a table, a line each for its heads and every row."""
    lines = [heads, ("---",) * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
