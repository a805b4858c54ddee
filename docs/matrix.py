"""Who may do what to which agency: each route for each role, worked out from the table of operations."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, assert_never

from fastapi.routing import iter_route_contexts

from app.auth.operations import OPERATIONS, Access, Subject
from app.domain.lifecycle import Action
from app.domain.roles import Right

if TYPE_CHECKING:
    from fastapi import FastAPI

    from app.domain.roles import Role

API = "/api/v1"


class Relation(StrEnum):
    """How the agency that a call is about stands to the one that the caller's token names."""

    OWN = "own"
    DESCENDANT = "descendant"
    ANCESTOR = "ancestor"
    SIBLING = "sibling"

    @property
    def is_reached(self) -> bool:
        """Whether a token reaches it."""
        return self in (Relation.OWN, Relation.DESCENDANT)


class Outcome(StrEnum):
    """What comes of a call that is right in every other way."""

    DONE = "✓"
    NOT_SHOWN = "–"
    UNAUTHENTICATED = "401"
    FORBIDDEN = "403"
    NOT_FOUND = "404"
    STATE_FORBIDS = "409"
    UNKNOWN_AGENCY = "422"


@dataclass(frozen=True, slots=True)
class Line:
    """A call of the API, as the matrix has it.

    Attributes:
        operation: the operation's id.
        case: which of its calls, where they differ in what they take.
        method: of the request.
        path: its template.
        access: what it takes.
    """

    operation: str
    case: str
    method: str
    path: str
    access: Access

    @property
    def name(self) -> str:
        """What tests call it."""
        return f"{self.operation}[{self.case}]" if self.case else self.operation

    def outcome(self, role: Role | None, relation: Relation) -> Outcome:
        """Return what comes of the call.

        Args:
            role: of the caller; None for somebody who hasn't signed in.
            relation: of the agency that it is about.
        """
        if self.access.right is None:
            return Outcome.DONE
        if role is None:
            return Outcome.UNAUTHENTICATED
        outcome = _outcome(self.access.subject, relation, is_item="{" in self.path)
        if outcome is Outcome.NOT_FOUND and self.access.subject is Subject.AGENCY:
            return outcome
        if self.access.right not in role.rights:
            return Outcome.FORBIDDEN
        # a token names it, the caller's own
        holds_token = self.operation == "delete_agency" and relation is Relation.OWN
        return Outcome.STATE_FORBIDS if holds_token else outcome


def _outcome(subject: Subject, relation: Relation, *, is_item: bool) -> Outcome:
    """Return what comes of a call of somebody who has the right."""
    match subject:
        case Subject.NOTHING:
            return Outcome.DONE
        case Subject.AGENCY:
            beyond = Outcome.NOT_FOUND
        case Subject.NAMED:
            beyond = Outcome.UNKNOWN_AGENCY
        case Subject.LIST:
            beyond = Outcome.NOT_FOUND if is_item else Outcome.NOT_SHOWN
        case _:
            assert_never(subject)
    return Outcome.DONE if relation.is_reached else beyond


_CASES: dict[str, dict[str, Access]] = {
    "take_action": {action.value: Access(action.right, Subject.AGENCY) for action in Action},
    "import_document": {
        "": OPERATIONS["import_document"],
        "store": Access(Right.FILE, Subject.NAMED),
    },
    "list_rules": {
        "": OPERATIONS["list_rules"],
        "agency": Access(Right.READ, Subject.AGENCY),
    },
    "validate_report": {
        "": OPERATIONS["validate_report"],
        "agency": Access(Right.READ, Subject.AGENCY),
    },
    "list_reorganisations": {
        "": OPERATIONS["list_reorganisations"],
        "agency": Access(Right.READ, Subject.AGENCY),
    },
    "list_reports": {
        "": OPERATIONS["list_reports"],
        "under": Access(Right.READ, Subject.AGENCY),
    },
}
"""The calls of an operation, where they differ in what they take."""


def lines(app: FastAPI) -> list[Line]:
    """Return every call of the API that an application serves.

    Raises:
        KeyError: it serves an operation that isn't in the table.
    """
    return [
        Line(name, case, method, path, access)
        for name, method, path in served(app)
        if path.startswith(f"{API}/")
        for case, access in _CASES.get(name, {"": OPERATIONS[name]}).items()
    ]


def served(app: FastAPI) -> list[tuple[str, str, str]]:
    """Return every route of an application, by name, method and path."""
    return [
        (str(route.name), method, str(route.path))
        for route in iter_route_contexts(app.routes)
        for method in sorted(route.methods or {"*"})
    ]
