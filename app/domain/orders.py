"""Lists in the order of some key, gone through page by page: what has no key comes last, whichever way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Listed = TypeVar("Listed")


@dataclass(frozen=True, slots=True)
class Mark:
    """Where something stands in a list.

    Attributes:
        key: by which the list is sorted, of one kind in a list; None comes last.
        code: which tells what has the same key apart.
    """

    key: int | str | None
    code: str

    @property
    def comparable(self) -> tuple[int, str]:
        """The key as one that can be compared with the others of a list."""
        return (self.key, "") if isinstance(self.key, int) else (0, self.key or "")


@dataclass(frozen=True, slots=True)
class Order:
    """How a list is sorted: by what, and whether the largest comes first; the same key by code, upwards.

    Attributes:
        by: a name for what the keys are.
        descending: whether the largest key comes first.
        of_text: whether the keys are text, not numbers.
    """

    by: str
    descending: bool = False
    of_text: bool = False

    def arrange(self, items: Iterable[Listed], mark_of: Callable[[Listed], Mark]) -> list[Listed]:
        """Return the items in this order."""
        marked = sorted(((mark_of(item), item) for item in items), key=lambda pair: pair[0].code)
        known = [pair for pair in marked if pair[0].key is not None]
        # a sort that is turned round leaves what is equal in its order
        known.sort(key=lambda pair: pair[0].comparable, reverse=self.descending)
        unknown = [pair for pair in marked if pair[0].key is None]
        return [item for _, item in (*known, *unknown)]

    def comes_after(self, one: Mark, other: Mark) -> bool:
        """Tell whether one mark comes after the other in this order."""
        if (one.key is None) is not (other.key is None):
            return one.key is None
        if one.key == other.key:
            return one.code > other.code
        return (one.comparable > other.comparable) is not self.descending
