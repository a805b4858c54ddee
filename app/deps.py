"""What a route may ask for."""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine
from typing import Annotated, Any, TypeAlias, cast

from fastapi import Depends, Header, Query, Request, Response
from fastapi.routing import APIRoute

from app.auth.actor import Actor, anonymous
from app.errors import Fault, InvalidRequest, UnsupportedMediaType
from app.schemas.pages import DEFAULT_LIMIT, MOST
from app.schemas.strict_json import parse
from app.services.versions import BasedOn
from app.storage.engine import Database

MERGE_PATCH = "application/merge-patch+json"


def _database(request: Request) -> Database:
    return cast("Database", request.app.state.database)


def _actor(request: Request) -> Actor:
    return anonymous(request.client.host if request.client else "本机")


_ETAG = re.compile(r'\s*(W/)?"([^"]*)"\s*(?:,|$)')


def _based_on(
    if_match: Annotated[
        str | None,
        Header(description="所依据的版本：读取时返回的 ETag。修改已有内容时必须带上", examples=['"12-3"']),
    ] = None,
) -> BasedOn | None:
    """Read If-Match (RFC 9110, 13.1.1); weak tags match nothing."""
    if if_match is None:
        return None
    if if_match.strip() == "*":
        return BasedOn(None)
    tags = list(_ETAG.finditer(if_match))
    if "".join(tag[0] for tag in tags) != if_match or not tags:
        message = "If-Match 应是读取时返回的 ETag，连同双引号"
        fault = Fault("", message, "wrong-if-match", {"in": "header", "parameter": "If-Match"})
        raise InvalidRequest(message, [fault])
    return BasedOn(frozenset(tag[2] for tag in tags if tag[1] is None))


CurrentDatabase: TypeAlias = Annotated[Database, Depends(_database)]
CurrentActor: TypeAlias = Annotated[Actor, Depends(_actor)]
IfMatch: TypeAlias = Annotated[BasedOn | None, Depends(_based_on)]
Limit: TypeAlias = Annotated[int, Query(ge=1, le=MOST, description="每页最多几条")]
Cursor: TypeAlias = Annotated[str | None, Query(description="从哪里接着读：上一页返回的 page.next")]
LIMIT = DEFAULT_LIMIT


class _StrictRequest(Request):
    async def json(self) -> object:
        """Parse the body by our rules instead of the standard library's."""
        return parse(await self.body())


class StrictRoute(APIRoute):
    """A route whose body is parsed strictly and must be of the kind that the API describes."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Put the checks before FastAPI's own handling."""
        handle = super().get_route_handler()
        accepted = self._accepted()

        async def handle_strictly(request: Request) -> Response:
            if accepted:
                _refuse_other_kinds(request, accepted)
            return await handle(_StrictRequest(request.scope, request.receive))

        return handle_strictly

    def _accepted(self) -> tuple[str, ...]:
        if self.body_field is None:
            return ()
        media_type = getattr(self.body_field.field_info, "media_type", "application/json")
        return (media_type, "application/json") if media_type == MERGE_PATCH else (media_type,)


def _refuse_other_kinds(request: Request, accepted: tuple[str, ...]) -> None:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in accepted:
        found = f"现为“{kind}”" if kind else "现在没有"
        raise UnsupportedMediaType(f"请求头 Content-Type 应是 {' 或 '.join(accepted)}，{found}")
