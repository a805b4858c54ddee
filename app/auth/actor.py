"""Whoever does something: the person, what they may do, and how they came."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from app.domain.roles import Right, Role
from app.domain.unseen import plain

if TYPE_CHECKING:
    from datetime import datetime


class Credential(StrEnum):
    """By what somebody can be known; tokens and links, of which there are many, are named with their id."""

    TOKEN = "token"  # noqa: S105 - a word, no password
    LINK = "link"
    OIDC = "oidc"
    COMMAND_LINE = "command-line"

    def named(self, key: str) -> str:
        """Return how the records name the one with this id."""
        return f"{self}:{key}"

    def id_in(self, name: str) -> str | None:
        """Return the id of one that the records name so; None where it is of another kind."""
        kind, _, key = name.partition(":")
        return key if kind == self else None


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who calls the service.

    Attributes:
        holder: the person or system, as the records name them.
        rights: what they may do.
        under: row number of the agency at the top of what they may reach; None for every agency.
        role: under which they signed in; None for the operator at the machine.
        credential: by what they are known: `token:ID`, `link:ID`, `oidc`, `command-line`.
        expires_at: when their credential ends, if it does.
        request_id: of the call, if it came over the network.
        address: where it came from, if it came over the network.
    """

    holder: str
    rights: frozenset[Right]
    under: int | None = None
    role: Role | None = None
    credential: str = Credential.COMMAND_LINE
    expires_at: datetime | None = None
    request_id: str | None = None
    address: str | None = None


def same_name(one: str, other: str) -> bool:
    """Tell whether two holders' names are the same but for width, case and what can't be seen."""
    return plain(one) == plain(other)


COMMAND_LINE = Actor("命令行", frozenset(Right))
"""The operator at the machine, who could change the database itself as well."""
