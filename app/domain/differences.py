"""What changed between two versions of a report, cell by cell and text by text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.domain.content import Content, texts_of
from app.forms.model import CellCode


@dataclass(frozen=True, slots=True)
class Differences:
    """What differs, each with what was and what is.

    Attributes:
        cells: numbers in their smallest unit, None where missing.
        texts: title, prose and particulars by JSON pointer, None where there is nothing.
    """

    cells: Mapping[CellCode, tuple[int | None, int | None]]
    texts: Mapping[str, tuple[str | None, str | None]]


def differences(before: Content, after: Content) -> Differences:
    """Compare two contents on one form; what is the same isn't listed."""
    cells = {
        code: (before.values.get(code), after.values.get(code))
        for code in after.form.cells
        if before.values.get(code) != after.values.get(code)
    }
    old, new = _flat(texts_of(before)), _flat(texts_of(after))
    texts = {
        pointer: (old.get(pointer), new.get(pointer))
        for pointer in dict.fromkeys([*old, *new])
        if old.get(pointer) != new.get(pointer)
    }
    return Differences(cells, texts)


def _flat(texts: Mapping[str, object], above: str = "") -> dict[str, str | None]:
    """Return texts by JSON pointer (RFC 6901); no member's name needs escaping."""
    flat: dict[str, str | None] = {}
    for name, text in texts.items():
        if isinstance(text, Mapping):
            flat |= _flat(text, f"{above}/{name}")
        else:
            flat[f"{above}/{name}"] = None if text is None else str(text)
    return flat
