"""The application: the one place that knows every part, and how refusals travel over HTTP."""

from __future__ import annotations

import logging
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, cast

from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from fastapi.staticfiles import StaticFiles
from pydantic import BaseModel
from pydantic_core import ErrorDetails
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import __version__, errors
from app.auth.lockout import Lockout
from app.auth.oidc import IdentityProvider
from app.domain.acts import Act
from app.errors import Refusal
from app.routers import (
    access,
    agencies,
    audit,
    batches,
    changes,
    forms,
    imports,
    parts,
    reports,
    roll_ups,
    service,
    validations,
    versions,
    workflow,
)
from app.routers.answers import NotModified
from app.schemas.failures import STATUS_OF, problem_of, problem_text, type_of
from app.schemas.openapi import describe
from app.schemas.problems import invalid
from app.services.access import Gate
from app.services.refusals import RefusalLog, Refused
from app.services.retries import Underway
from app.settings import Settings, read_settings
from app.storage.engine import open_database
from app.writing import REPLAYED, Replayed

API = "/api/v1"
PROBLEM_JSON = "application/problem+json"

log = logging.getLogger(__name__)


def create_app(settings: Settings | None = None) -> FastAPI:
    """Build the application; nothing is read from the environment where settings are given."""
    chosen = settings or read_settings()
    app = FastAPI(
        title="年报 nianbao",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
        generate_unique_id_function=_operation_id,
    )
    app.state.settings = chosen
    app.state.database = open_database(chosen.database_url, chosen.pool_size, chosen.digest)
    app.state.hashing = chosen.hashing
    app.state.underway = Underway()
    app.state.refusals = RefusalLog(app.state.database)
    app.state.gate = _make_gate(app, chosen)
    for module in (
        forms,
        validations,
        agencies,
        reports,
        batches,
        workflow,
        versions,
        parts,
        imports,
        roll_ups,
        changes,
        access,
        audit,
    ):
        app.include_router(module.router, prefix=API)
    app.include_router(service.router)
    app.mount(service.ASSETS_AT, StaticFiles(directory=service.find_assets()), name="assets")
    app.openapi = partial(describe, app)  # type: ignore[method-assign]
    app.add_middleware(BodyLimit, most=chosen.max_body_bytes)
    app.add_middleware(RequestIds)
    _handle_failures(app)
    return app


def _make_gate(app: FastAPI, settings: Settings) -> Gate:
    provider = settings.provider
    return Gate(
        app.state.database,
        app.state.hashing,
        settings.proxies,
        Lockout(settings.lockout_failures, settings.lockout_seconds),
        app.state.refusals,
        None if provider is None else IdentityProvider(provider),
    )


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    yield
    app.state.refusals.flush()
    app.state.database.engine.dispose()


def _operation_id(route: APIRoute) -> str:
    return route.name


class RequestIds:
    """Gives every request an id, in its state and on its answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = uuid.uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
            await send(message)

        await self.app(scope, receive, send_with_id)


class BodyLimit:
    """Takes a request's whole body in before anything else happens, and refuses one that is too large.

    The framework's own limit answers with plain text; ours is a problem document like every other refusal.
    """

    def __init__(self, app: ASGIApp, most: int) -> None:
        self.app = app
        self.most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        try:
            body = await self._body_of(request)
        except errors.TooLarge as refusal:
            await (await _refuse(request, refusal))(scope, receive, send)
        except ClientDisconnect:
            return
        else:
            await self.app(scope, _replay(body, receive), send)

    async def _body_of(self, request: Request) -> bytes:
        announced = request.headers.get("content-length", "")
        if announced.isdecimal() and int(announced) > self.most:
            raise self._too_large()
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > self.most:
                raise self._too_large()
        return bytes(body)

    def _too_large(self) -> errors.TooLarge:
        return errors.TooLarge(f"请求体超过上限 {self.most} 字节（约 {self.most / 2**20:.1f} MB），没有保存")


def _replay(body: bytes, receive: Receive) -> Receive:
    """Hand a body that was taken in on, once."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def next_message() -> Message:
        return messages.pop() if messages else await receive()

    return next_message


def _handle_failures(app: FastAPI) -> None:
    handlers: dict[type[Exception], Callable[[Request, Any], Awaitable[Response]]] = {
        Refusal: _refuse,
        RequestValidationError: _refuse_shape,
        HTTPException: _refuse_http,
        NotModified: _say_not_modified,
        Replayed: _say_again,
        OperationalError: _say_unavailable,
        PoolTimeoutError: _say_unavailable,
        Exception: _say_sorry,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)


async def _refuse(request: Request, refusal: Refusal) -> Response:
    answer = _ProblemResponse(problem_of(refusal, _told_of(request)), STATUS_OF[type(refusal)])
    if isinstance(refusal, errors.Unauthenticated):
        answer.headers["WWW-Authenticate"] = 'Bearer realm="nianbao"'
    if refusal.retry_after is not None:
        answer.headers["Retry-After"] = str(refusal.retry_after)
    if isinstance(refusal, errors.Forbidden):
        await run_in_threadpool(_note_forbidden, request, refusal)
    return answer


def _note_forbidden(request: Request, refusal: errors.Forbidden) -> None:
    target = f"{request.method} {request.url.path}"
    refused = Refused(request.state.actor, Act.ACCESS_REFUSE, target, refusal.detail)
    request.app.state.refusals.note(refused)


async def _refuse_shape(request: Request, wrong: RequestValidationError) -> Response:
    return await _refuse(request, invalid(cast("list[ErrorDetails]", wrong.errors()), _body_model(request)))


def _body_model(request: Request) -> type[BaseModel] | None:
    field = getattr(request.scope.get("route"), "body_field", None)
    model = None if field is None else field.field_info.annotation
    return model if isinstance(model, type) and issubclass(model, BaseModel) else None


async def _refuse_http(request: Request, wrong: HTTPException) -> Response:
    """Put what the framework refuses into our words; a refusal of ours that it wrapped goes on as such."""
    if isinstance(wrong.__cause__, Refusal):
        return await _refuse(request, wrong.__cause__)
    kind, title, detail = _FRAMEWORK.get(wrong.status_code, ("refused", "请求被拒绝", str(wrong.detail)))
    answer = _problem(request, wrong.status_code, kind, title, detail)
    answer.headers.update(wrong.headers or {})
    return answer


_FRAMEWORK = {
    400: ("malformed", errors.Malformed.title, "请求体无法解析"),
    404: ("not-found", errors.NotFound.title, "没有这个地址"),
    405: ("method-not-allowed", "不支持的方法", "这个地址不支持这种方法"),
}


async def _say_not_modified(_request: Request, known: NotModified) -> Response:
    return Response(status_code=304, headers={"ETag": known.etag})


async def _say_again(_request: Request, replayed: Replayed) -> Response:
    answer = replayed.answer
    response = Response(answer.body, answer.status, answer.headers)
    response.headers[REPLAYED] = "true"
    return response


async def _say_unavailable(request: Request, failure: Exception) -> Response:
    log.error("database unavailable: %s [%s]", type(failure).__name__, _request_id(request))
    return await _refuse(request, errors.Unavailable("数据库现在没有回应，请稍后再试"))


async def _say_sorry(request: Request, failure: Exception) -> Response:
    """Answer for anything unforeseen; the server logs it, the caller gets no more than the request's id."""
    request_id = _request_id(request)
    log.error("%s %s failed [%s]", request.method, request.url.path, request_id, exc_info=failure)
    answer = _problem(request, 500, "internal", "系统内部错误", "系统出了意外，什么也没有保存")
    # this answer is made outside `RequestIds`
    answer.headers["X-Request-ID"] = request_id
    return answer


def _problem(request: Request, status: int, code: str, title: str, detail: str) -> Response:
    said = {"type": type_of(code), "title": title, "status": status, "detail": detail}
    return _ProblemResponse(said | _told_of(request), status)


def _told_of(request: Request) -> dict[str, object]:
    return {"instance": request.url.path, "request_id": _request_id(request)}


class _ProblemResponse(JSONResponse):
    media_type = PROBLEM_JSON

    def render(self, content: Mapping[str, object]) -> bytes:
        return problem_text(content)


def _request_id(request: Request) -> str:
    return str(request.state.request_id)
