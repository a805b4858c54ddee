"""How well figures are read from a labelled corpus: `python -m tests.domain.prose.measure FILE`."""

from __future__ import annotations

import json
import sys
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from app.domain.prose.reading import read_claims

Said = tuple[str, Decimal, str]
_UNITS = {"fees": 10**6, "processing_fee": 100}


@dataclass(slots=True)
class Score:
    """How many claims there are, how many were read, and how many of these are right."""

    claims: int = 0
    found: int = 0
    right: int = 0

    @property
    def precision(self) -> Decimal:
        """Share of what was read that is right."""
        return Decimal(self.right) / self.found if self.found else Decimal(1)

    @property
    def recall(self) -> Decimal:
        """Share of what there is that was read rightly."""
        return Decimal(self.right) / self.claims if self.claims else Decimal(1)


@dataclass(slots=True)
class Measured:
    """Scores of a corpus, by kind and in all, with the items that were read otherwise than labelled."""

    kinds: dict[str, Score] = field(default_factory=dict)
    total: Score = field(default_factory=Score)
    wrong: list[tuple[dict[str, Any], Counter[Said], Counter[Said]]] = field(default_factory=list)


def labelled(item: dict[str, Any]) -> Counter[Said]:
    """Return what an item is labelled with."""
    return Counter((it["kind"], Decimal(it["number"]).normalize(), it["scope"]) for it in item["claims"])


def read(item: dict[str, Any]) -> Counter[Said]:
    """Return what is read from an item, in the units of the labels."""
    heading = f"{item['heading']}\n" if item["heading"] else ""
    claims = read_claims(heading + item["text"], item["year"], item["agency"])
    return Counter(
        (it.kind, (Decimal(it.number) / _UNITS.get(it.kind, 1)).normalize(), it.scope.value) for it in claims
    )


def measure(path: Path) -> Measured:
    """Score a corpus: a claim is right where kind, number and scope are, counted by item."""
    measured = Measured()
    for item in json.loads(path.read_text()):
        there, found = labelled(item), read(item)
        right = there & found
        if there != found:
            measured.wrong.append((item, there - found, found - there))
        for said, name in ((there, "claims"), (found, "found"), (right, "right")):
            for claim, times in said.items():
                for score in (measured.kinds.setdefault(claim[0], Score()), measured.total):
                    setattr(score, name, getattr(score, name) + times)
    return measured


def table(measured: Measured) -> str:
    """Write the scores down, a kind a line."""
    rows = [*sorted(measured.kinds.items()), ("total", measured.total)]
    lines = [f"{'kind':20}{'claims':>7}{'found':>7}{'precision':>11}{'recall':>8}"]
    lines += [f"{k:20}{s.claims:7}{s.found:7}{s.precision:11.3f}{s.recall:8.3f}" for k, s in rows]
    return "\n".join(lines)


def main(path: Path) -> None:
    """Print the scores of a corpus, and what was read otherwise than labelled."""
    measured = measure(path)
    print(table(measured))  # noqa: T201 - what it is for
    for item, missed, wrong in measured.wrong:
        print(item["id"], item["text"], "missed:", dict(missed), "wrong:", dict(wrong))  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]))
