"""What was tried, how often, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from docs.tables import table_of
from tests.durability.ledger import AT_LAST, Verdict, judge_all

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.durability.ledger import Ledger
    from tests.durability.stored import Stored

RESTART_WITHIN_S = 5
HEADS = (
    "Tried",
    "Times",
    "Acknowledged",
    "Lost",
    "Half-applied",
    "Longest restart",
    "Integrity",
    "Audit chain",
)


@dataclass(slots=True)
class Trial:
    """A kind of crash, and what came of all of its kind.

    Attributes:
        what: was tried.
        times: how often.
        acknowledged: writes that clients were told of; None where there are no clients.
        lost: acknowledged writes that were gone.
        half_applied: reports, or databases, that were neither before nor after.
        restart: the longest that clients waited for the service to be back, in seconds.
        faults: what contradicted itself.
        broken_chains: of the audit trail.
    """

    what: str
    times: int = 0
    acknowledged: int | None = 0
    lost: int = 0
    half_applied: int = 0
    restart: float = 0
    faults: list[str] = field(default_factory=list)
    broken_chains: list[str] = field(default_factory=list)

    def judge(self, ledger: Ledger, stored: Stored, restart: float, moment: int = AT_LAST) -> None:
        """Add what was found after one crash to what came of the others."""
        verdicts = judge_all(ledger.promises(moment), stored.reports)
        self.times += 1
        self.acknowledged = (self.acknowledged or 0) + ledger.acknowledged(moment)
        self.lost += verdicts[Verdict.LOST]
        self.half_applied += verdicts[Verdict.HALF_APPLIED]
        self.restart = max(self.restart, restart)
        self.faults += stored.faults
        self.broken_chains += stored.broken_chains

    @property
    def is_good(self) -> bool:
        """Whether nothing was lost, half-applied or in contradiction."""
        return not (self.lost or self.half_applied or self.faults or self.broken_chains)

    @property
    def is_quick(self) -> bool:
        """Whether the service was always back in time."""
        return self.restart <= RESTART_WITHIN_S

    @property
    def row(self) -> tuple[str, ...]:
        """Itself as a row of a table."""
        return (
            self.what,
            str(self.times),
            "–" if self.acknowledged is None else str(self.acknowledged),
            str(self.lost),
            str(self.half_applied),
            f"{self.restart:.1f} s" if self.restart else "–",
            _found(self.faults),
            "–" if self.acknowledged is None else _found(self.broken_chains),
        )


def _found(faults: list[str]) -> str:
    return f"{len(faults)} faults" if faults else "ok"


def table(trials: Iterable[Trial]) -> str:
    """Return all trials as a Markdown table."""
    return table_of(HEADS, (trial.row for trial in trials))
