"""The kinds of figures that prose states, and the cells that they speak of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.forms.model import CellCode


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of claim.

    Attributes:
        code: its name.
        cells: the cells whose sum it speaks of; a form that lacks one of them isn't held to it.
        carried: what is added where the prose says that it includes what last year left over.
    """

    code: str
    cells: tuple[CellCode, ...]
    carried: tuple[CellCode, ...] = ()


_START = "requests.pending_at_start.total"

KINDS = (
    Kind("received", ("requests.received.total",), (_START,)),
    Kind("pending_at_start", (_START,)),
    Kind("processed", ("requests.processed.total",)),
    Kind("pending_at_end", ("requests.pending_at_end.total",)),
    Kind("granted", ("requests.granted.total",)),
    Kind("reconsideration", ("proceedings.reconsideration.total",)),
    Kind(
        "litigation",
        ("proceedings.litigation_direct.total", "proceedings.litigation_after_reconsideration.total"),
    ),
    Kind("normative_issued", ("disclosure.normative_documents.issued",)),
    Kind("normative_repealed", ("disclosure.normative_documents.repealed",)),
    Kind("normative_in_force", ("disclosure.normative_documents.in_force",)),
    Kind("licensing", ("disclosure.licensing.decisions",)),
    Kind("penalties", ("disclosure.penalties.decisions",)),
    Kind("coercion", ("disclosure.coercion.decisions",)),
    Kind("fees", ("disclosure.fees.amount",)),
    # on the form of 2019
    Kind("normative_issued", ("disclosure.normative_documents.made",)),
    Kind("licensing", ("disclosure.licensing.decided",)),
    Kind("penalties", ("disclosure.penalties.decided",)),
    Kind("coercion", ("disclosure.coercion.decided",)),
)
"""In the order in which they are told; `processing_fee` has no cell, R21 holds it to another."""
