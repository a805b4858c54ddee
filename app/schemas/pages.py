"""Pages of a list: where the next one begins, as text that callers hand back unread."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from app.domain.orders import Mark, Order
from app.errors import Fault, InvalidRequest
from app.schemas.fields import Out

DEFAULT_LIMIT = 50
MOST = 200
BIGINT_BITS = 64
LARGEST = 2 ** (BIGINT_BITS - 1) - 1
"""The largest number that can be looked up."""


class PageOut(Out):
    """分页信息。"""

    next: Annotated[str | None, Field(title="下一页的游标；null 表示没有了")]
    limit: Annotated[int, Field(title="每页最多几条")]


def write_cursor(after: Sequence[str | int]) -> str:
    """Write down the last item of a page."""
    return base64.urlsafe_b64encode(json.dumps(list(after)).encode()).decode().rstrip("=")


def read_cursor(cursor: str | None, first: Sequence[str | int]) -> list[str | int]:
    """Return the last item of the page before; *first* where there is none.

    Raises:
        InvalidRequest: the cursor isn't one that the service gave for such a list.
    """
    if cursor is None:
        return list(first)
    try:
        after = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError) as wrong:
        raise _wrong_cursor() from wrong
    if not isinstance(after, list) or [type(part) for part in after] != [type(part) for part in first]:
        raise _wrong_cursor()
    if not all(map(_may_be_looked_up, after)):
        raise _wrong_cursor()
    return after


def _may_be_looked_up(part: str | int) -> bool:
    """Tell whether every database takes it: codes are ASCII, numbers fit into BIGINT."""
    if isinstance(part, str):
        return part.isascii() and part.isprintable()
    return part.bit_length() < BIGINT_BITS


def _wrong_cursor() -> InvalidRequest:
    message = "游标无效；请用上一页返回的 page.next"
    return InvalidRequest(
        message, [Fault("", message, "wrong-cursor", {"in": "query", "parameter": "cursor"})]
    )


def written_mark(order: Order, mark: Mark) -> list[str | int]:
    """Write down what a list in some order goes on after, for `write_cursor`."""
    key = "" if mark.key is None else f"#{mark.key}" if isinstance(mark.key, int) else mark.key.encode().hex()
    return [_name_of(order), key, mark.code]


def read_mark(cursor: str | None, order: Order) -> Mark | None:
    """Return what a page of a list in this order goes on after; None where it is the first.

    Raises:
        InvalidRequest: the cursor isn't one that the service gave for such a list.
    """
    if cursor is None:
        return None
    name, key, code = map(str, read_cursor(cursor, ["", "", ""]))
    if name != _name_of(order):
        raise _wrong_cursor()
    return Mark(_key_in(key, of_text=order.of_text) if key else None, code)


def _key_in(written: str, *, of_text: bool) -> int | str:
    try:
        key = bytes.fromhex(written).decode() if of_text else int(written.removeprefix("#"))
    except ValueError as wrong:
        raise _wrong_cursor() from wrong
    if isinstance(key, int) and not _may_be_looked_up(key):
        raise _wrong_cursor()
    return key


def _name_of(order: Order) -> str:
    return f"{order.by} {'desc' if order.descending else 'asc'}"


class ListedOut(Out):
    """是否列全。"""

    total: Annotated[int, Field(title="共几项")]
    returned: Annotated[int, Field(title="列出几项")]
    truncated: Annotated[bool, Field(title="是否没有列全")]
