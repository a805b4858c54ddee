"""Refusals and failures as they travel over HTTP: problem documents (RFC 9457)."""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, cast

from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from pydantic_core import ErrorDetails
from sqlalchemy.exc import DBAPIError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse
from starlette.routing import Match

from app import errors
from app.domain.acts import Act
from app.errors import Fault, Refusal
from app.routers.answers import NotModified
from app.schemas.problems import invalid
from app.services.refusals import Refused
from app.storage.engine import is_disk_full
from app.writing import REPLAYED, Replayed

PROBLEM_JSON = "application/problem+json"
READING_METHODS = ("GET", "HEAD")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
"""What routes are for; HEAD is served wherever GET is."""

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
    errors.PreconditionRequired: 428,
    errors.TooManyAttempts: 429,
    errors.HeadTooLarge: 431,
    errors.Unavailable: 503,
    errors.DiskFull: 507,
}

log = logging.getLogger(__name__)


def handle_failures(app: FastAPI) -> None:
    """Let every failure be answered with a problem document."""
    handlers: dict[type[Exception], Callable[[Request, Any], Awaitable[Response]]] = {
        Refusal: refuse,
        RequestValidationError: _refuse_shape,
        HTTPException: _refuse_http,
        NotModified: _say_not_modified,
        Replayed: _say_again,
        ClientDisconnect: _say_incomplete,
        OperationalError: _say_unavailable,
        InternalError: _say_unavailable_if_cut,
        PoolTimeoutError: _say_unavailable,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)


async def refuse(request: Request, refusal: Refusal) -> Response:
    """Return the answer to what the service won't do."""
    status = STATUS_OF[type(refusal)]
    what = (refusal.code, refusal.title, refusal.detail)
    answer = _problem(request, status, what, refusal.faults, refusal.members)
    answer.headers.update(_headers_of(refusal))
    if refusal.retry_after is not None:
        answer.headers["Retry-After"] = str(refusal.retry_after)
    if isinstance(refusal, errors.Forbidden):
        await run_in_threadpool(_note_forbidden, request, refusal)
    return answer


def _headers_of(refusal: Refusal) -> dict[str, str]:
    match refusal:
        case errors.Unauthenticated():
            return {"WWW-Authenticate": 'Bearer realm="nianbao"'}
        case errors.MethodNotAllowed(allowed=allowed):
            return {"Allow": ", ".join(allowed)}
        case _:
            return {}


def _note_forbidden(request: Request, refusal: errors.Forbidden) -> None:
    target = f"{request.method} {request.url.path}"
    refused = Refused(request.state.actor, Act.ACCESS_REFUSE, target, refusal.detail)
    request.app.state.refusals.note(refused)


async def _refuse_shape(request: Request, wrong: RequestValidationError) -> Response:
    return await refuse(request, invalid(cast("list[ErrorDetails]", wrong.errors()), _body_model(request)))


def _body_model(request: Request) -> type[BaseModel] | None:
    field = getattr(request.scope.get("route"), "body_field", None)
    model = None if field is None else field.field_info.annotation
    return model if isinstance(model, type) and issubclass(model, BaseModel) else None


async def _refuse_http(request: Request, wrong: HTTPException) -> Response:
    """Put what the framework refuses into our words; a refusal of ours that it wrapped goes on as such."""
    if isinstance(wrong.__cause__, Refusal):
        return await refuse(request, wrong.__cause__)
    if wrong.status_code == STATUS_OF[errors.MethodNotAllowed]:
        return await refuse(request, errors.MethodNotAllowed(_methods_of(request, wrong)))
    kind, title, detail = _FRAMEWORK.get(wrong.status_code, ("refused", "请求被拒绝", str(wrong.detail)))
    answer = _problem(request, wrong.status_code, (kind, title, detail))
    answer.headers.update(wrong.headers or {})
    return answer


_FRAMEWORK = {
    400: ("malformed", errors.Malformed.title, "请求体无法解析"),
    404: ("not-found", errors.NotFound.title, "没有这个地址"),
}


def _methods_of(request: Request, wrong: HTTPException) -> list[str]:
    """Return what can be done with an address; the framework names only what the first of its routes does."""
    if "Allow" not in (wrong.headers or {}):
        return list(READING_METHODS)
    router, scope = request.app.router, request.scope
    found = [name for name in METHODS if router.matches({**scope, "method": name})[0] is Match.FULL]
    return [*READING_METHODS, *found[1:]] if "GET" in found else found


async def _say_not_modified(_request: Request, known: NotModified) -> Response:
    return Response(status_code=304, headers={"ETag": known.etag})


async def _say_again(_request: Request, replayed: Replayed) -> Response:
    answer = replayed.answer
    response = Response(answer.body, answer.status, answer.headers)
    response.headers[REPLAYED] = "true"
    return response


async def _say_incomplete(request: Request, _gone: ClientDisconnect) -> Response:
    """Answer somebody who has gone: nobody reads it, but the log has its line."""
    return await refuse(request, errors.Malformed("请求没有传完"))


async def _say_unavailable(request: Request, failure: Exception) -> Response:
    cause = failure.orig if isinstance(failure, DBAPIError) else None
    if getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR:
        # SQLite's driver calls it operational as well when a table isn't as it should be
        raise failure
    log.error(
        "database unavailable",
        extra={
            "failure": type(failure).__name__,
            "cause": type(cause).__name__,
            "sqlstate": getattr(cause, "sqlstate", None) or getattr(cause, "sqlite_errorname", None),
        },
    )
    if is_disk_full(failure):
        full = errors.DiskFull("服务器磁盘已满，没有保存；请告诉管理员，腾出空间后再试")
        return await refuse(request, full)
    return await refuse(request, errors.Unavailable("数据库现在没有回应，请稍后再试"))


async def _say_unavailable_if_cut(request: Request, failure: InternalError) -> Response:
    """Answer for a connection that PostgreSQL ended, as it does to a transaction that idles."""
    if failure.connection_invalidated:
        return await _say_unavailable(request, failure)
    raise failure


def say_sorry(request: Request) -> Response:
    """Answer for anything unforeseen: the caller gets no more than the request's id."""
    return _problem(request, 500, ("internal", "系统内部错误", "系统出了意外，什么也没有保存"))


def _problem(
    request: Request,
    status: int,
    what: tuple[str, str, str],
    faults: tuple[Fault, ...] = (),
    members: Mapping[str, object] | None = None,
) -> Response:
    path, request_id = request.url.path, str(request.state.request_id)
    body = problem_members(status, what, path, request_id) | dict(members or {})
    if faults:
        body["errors"] = [
            {"pointer": fault.pointer, "message": fault.message, "code": fault.code, **fault.details}
            for fault in faults
        ]
    return _ProblemResponse(body, status)


def problem_members(
    status: int, what: tuple[str, str, str], instance: str, request_id: str
) -> dict[str, object]:
    """Return what every problem document says.

    Args:
        status: of the answer.
        what: the last part of its type, its title, and what happened this time.
        instance: the request's path.
        request_id: by which the log knows it.
    """
    code, title, detail = what
    return {
        "type": f"/problems/{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "instance": instance,
        "request_id": request_id,
    }


def problem_text(members: Mapping[str, object]) -> bytes:
    """Write a problem document; it may quote what was sent, valid Unicode or not."""
    return json.dumps(members, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


class _ProblemResponse(JSONResponse):
    media_type = PROBLEM_JSON

    def render(self, content: Mapping[str, object]) -> bytes:
        return problem_text(content)
