"""Refusals as problem documents (RFC 9457): which status each has, and what it says."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from app import errors

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.errors import Fault, Refusal

STATUS_OF: Mapping[type[Refusal], int] = {
    errors.Malformed: 400,
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.MethodNotAllowed: 405,
    errors.TooSlow: 408,
    errors.Duplicate: 409,
    errors.WrongState: 409,
    errors.InProgress: 409,
    errors.StaleVersion: 412,
    errors.TooLarge: 413,
    errors.AddressTooLong: 414,
    errors.UnsupportedMediaType: 415,
    errors.InvalidRequest: 422,
    errors.RulesBroken: 422,
    errors.KeyReused: 422,
    errors.UnreadableDocument: 422,
    errors.BatchRefused: 422,
    errors.PreconditionRequired: 428,
    errors.TooManyAttempts: 429,
    errors.TooManyRequests: 429,
    errors.HeadTooLarge: 431,
    errors.Unavailable: 503,
    errors.DiskFull: 507,
}


def type_of(code: str) -> str:
    """Return the `type` of a kind of problem."""
    return f"/problems/{code}"


def problem_of(refusal: Refusal, request: Mapping[str, object] | None = None) -> dict[str, object]:
    """Return the problem document of a refusal; *request* has the members that tell of the request."""
    said: dict[str, object] = {
        "type": type_of(refusal.code),
        "title": refusal.title,
        "status": STATUS_OF[type(refusal)],
        "detail": refusal.detail,
        **(request or {}),
        **refusal.members,
    }
    return said | ({"errors": [_error_of(fault) for fault in refusal.faults]} if refusal.faults else {})


def told_of(instance: str, request_id: str) -> dict[str, object]:
    """Return the members that tell of a request: its path, and the id by which the log knows it."""
    return {"instance": instance, "request_id": request_id}


def problem_text(problem: Mapping[str, object]) -> bytes:
    """Write a problem document; it may quote what was sent, valid Unicode or not."""
    return json.dumps(problem, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _error_of(fault: Fault) -> dict[str, object]:
    return {"pointer": fault.pointer, "message": fault.message, "code": fault.code, **fault.details}
