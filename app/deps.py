"""What a route may ask for."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, TypeAlias, cast, get_origin

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response, Security
from fastapi.concurrency import run_in_threadpool
from fastapi.dependencies.utils import get_flat_params
from fastapi.params import Query as QueryInfo
from fastapi.routing import APIRoute
from fastapi.security import APIKeyQuery, HTTPAuthorizationCredentials, HTTPBearer
from pydantic import AfterValidator, BeforeValidator
from pydantic_core import PydanticCustomError

from app.auth.actor import Actor
from app.auth.operations import OPEN, OPERATIONS
from app.domain.deadlines import CHINA
from app.domain.guesses import LONGEST_NAME, guess
from app.errors import Fault, InvalidRequest, UnsupportedMediaType
from app.jobs.exports import Exports
from app.jobs.lane import Place
from app.schemas.fields import SAID
from app.schemas.pages import DEFAULT_LIMIT, MOST
from app.schemas.reports import AgencyCode, Year
from app.schemas.strict_json import parse
from app.services.access import Call, Gate
from app.services.exports import Exported, Wanted
from app.services.links import PARAMETER
from app.services.versions import BasedOn
from app.settings import Settings
from app.storage.engine import Database

API = "/api/v1"
MERGE_PATCH = "application/merge-patch+json"
MOST_NAMED = 5
LARGE = 100_000
"""From how many bytes on a body takes so long to parse that it is done aside; most reports have 10,000."""


# these are coroutines because each that isn't takes a turn in the pool of threads
async def _database(request: Request) -> Database:
    return cast("Database", request.app.state.database)


_BEARER = HTTPBearer(
    scheme_name="Token",
    description="令牌（nb_ 开头），或统一身份认证的 JWT：Authorization: Bearer <令牌>",
    auto_error=False,
)
_LINK = APIKeyQuery(
    name=PARAMETER, scheme_name="Link", description="下载地址所带的参数，见 POST /links", auto_error=False
)


async def _actor(
    request: Request, _token: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)]
) -> Actor:
    """Return who is calling; `StrictRoute` has asked already, before anything else was looked at."""
    return cast("Actor", request.state.actor)


async def _entrance(request: Request) -> Callable[[], Actor]:
    return lambda: _admit(request)


async def _reader(
    actor: Annotated[Actor, Depends(_actor)], _link: Annotated[str | None, Security(_LINK)]
) -> Actor:
    return actor


async def _settings(request: Request) -> Settings:
    return cast("Settings", request.app.state.settings)


_ETAG = re.compile(r'\s*(W/)?"([^"]*)"\s*(?:,|$)')


def based_on_tags(if_match: str) -> BasedOn | None:
    """Read what If-Match says (RFC 9110, 13.1.1), weak tags matching nothing; None where it says nothing."""
    if if_match.strip() == "*":
        return BasedOn(None)
    tags = list(_ETAG.finditer(if_match))
    if "".join(tag[0] for tag in tags) != if_match or not tags:
        return None
    return BasedOn(frozenset(tag[2] for tag in tags if tag[1] is None))


async def _based_on(
    if_match: Annotated[
        str | None,
        Header(
            description=(
                "所依据的版本：读取时返回的 ETag。修改已有内容时必须带上。"
                "点号之后的部分不比较：只是核对结果变了，不算内容变了"
            ),
            examples=['"12-3.1a2b3c4d"'],
        ),
    ] = None,
) -> BasedOn | None:
    based_on = None if if_match is None else based_on_tags(if_match)
    if if_match is not None and based_on is None:
        message = "If-Match 应是读取时返回的 ETag，连同双引号"
        fault = Fault("", message, "wrong-if-match", {"in": "header", "parameter": "If-Match"})
        raise InvalidRequest(message, [fault])
    return based_on


_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}.*", re.ASCII)


def _written_moment(value: object) -> object:
    """Refuse what could be read as a moment but isn't written as one: seconds since 1970, a day."""
    if not isinstance(value, str) or not _MOMENT.fullmatch(value):
        message = "应是一个时刻，例如 2022-01-31T12:00:00Z"
        raise PydanticCustomError(SAID, message)
    return value


def _in_utc(moment: datetime) -> datetime:
    """Take a time without a zone as China's."""
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=CHINA)).astimezone(UTC)
    except OverflowError:
        message = "时刻太早或者太晚"
        raise PydanticCustomError(SAID, message) from None


def _export(request: Request) -> Callable[[Wanted], Awaitable[Exported]]:
    exports = cast("Exports", request.app.state.exports)

    async def make(wanted: Wanted) -> Exported:
        place = cast("Place", request.state.place)
        # whoever waits for a workbook is in nobody else's way
        place.leave()
        return await exports.make(wanted, place.client, request.is_disconnected)

    return make


CurrentDatabase: TypeAlias = Annotated[Database, Depends(_database)]
CurrentActor: TypeAlias = Annotated[Actor, Depends(_actor)]
Entrance: TypeAlias = Annotated[Callable[[], Actor], Depends(_entrance)]
"""Asks who is calling, on a route that is open but for what belongs to an agency."""
CurrentReader: TypeAlias = Annotated[Actor, Depends(_reader)]
"""Whoever reads; a signed address will do."""
CurrentSettings: TypeAlias = Annotated[Settings, Depends(_settings)]
Export: TypeAlias = Annotated[Callable[[Wanted], Awaitable[Exported]], Depends(_export)]
"""Has a workbook made when its turn comes; the request's own place is free meanwhile."""
IfMatch: TypeAlias = Annotated[BasedOn | None, Depends(_based_on)]
Moment: TypeAlias = Annotated[datetime, BeforeValidator(_written_moment), AfterValidator(_in_utc)]
"""A time as RFC 3339 writes it, in UTC; without a zone it is China's."""
Limit: TypeAlias = Annotated[int, Query(ge=1, le=MOST, description="每页最多几条")]
Cursor: TypeAlias = Annotated[str | None, Query(description="从哪里接着读：上一页返回的 page.next")]
LIMIT = DEFAULT_LIMIT
AgencyInPath: TypeAlias = Annotated[AgencyCode, Path(description="机关代码")]
YearInPath: TypeAlias = Annotated[Year, Path(description="报告年度")]


class _StrictRequest(Request):
    async def json(self) -> object:
        """Parse the body by our rules instead of the standard library's, and keep nobody waiting for it."""
        body, deepest = await self.body(), (await _settings(self)).max_json_depth
        return parse(body, deepest) if len(body) < LARGE else await run_in_threadpool(parse, body, deepest)


class StrictRoute(APIRoute):
    """A route that one must be signed in for, and whose body is parsed strictly.

    It must stand in the table of operations, and its body must be of the kind that the API describes.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Put the checks before FastAPI's own handling."""
        handle = super().get_route_handler()
        accepted, known = self._accepted(), self._parameters()
        is_open = OPERATIONS[self.name] == OPEN

        async def handle_strictly(request: Request) -> Response:
            if not is_open:
                request.state.actor = await run_in_threadpool(_admit, request)
            _refuse_other_parameters(request, known)
            if accepted:
                _refuse_other_kinds(request, accepted)
            strict = _StrictRequest(request.scope, request.receive)
            # read now, it can still be read once a form has been taken out of it
            await strict.body()
            return await handle(strict)

        return handle_strictly

    def _parameters(self) -> dict[str, bool]:
        """Return the parameters that may stand in the address, and whether each may repeatedly."""
        fields = [each for each in get_flat_params(self.dependant) if isinstance(each.field_info, QueryInfo)]
        known = {each.alias: get_origin(each.field_info.annotation) is list for each in fields}
        return known | {PARAMETER: False}

    def _accepted(self) -> tuple[str, ...]:
        if self.body_field is None:
            return ()
        media_type = getattr(self.body_field.field_info, "media_type", "application/json")
        others = (self.openapi_extra or {}).get("requestBody", {}).get("content", {})
        kinds = (media_type, *others)
        return (*kinds, "application/json") if media_type == MERGE_PATCH else kinds


def _admit(request: Request) -> Actor:
    gate = cast("Gate", request.app.state.gate)
    scheme, _, credential = request.headers.get("authorization", "").partition(" ")
    query = f"?{request.url.query}" if request.url.query else ""
    return gate.admit(
        Call(
            # a HEAD mustn't use a link up
            method=request.state.method,
            target=request.url.path + query,
            credential=credential.strip() if scheme.lower() == "bearer" else None,
            link=request.query_params.get(PARAMETER),
            peer=request.client.host if request.client else "",
            forwarded=",".join(request.headers.getlist("x-forwarded-for")),
            request_id=request.state.request_id,
        )
    )


def _refuse_other_parameters(request: Request, known: Mapping[str, bool]) -> None:
    """Refuse a parameter that means nothing here: whoever mistypes `dry_run` would write in earnest.

    Where nothing is written one that begins with an underscore is let through: libraries for pages put one
    so that nothing is cached.
    """
    is_reading = request.method in {"GET", "HEAD"}
    names = Counter(name for name, _ in request.query_params.multi_items())
    faults = [
        Fault("", said, code, {"in": "query", "parameter": name[:LONGEST_NAME]})
        for name, times in names.items()
        if not (is_reading and name.startswith("_"))
        for code, said in _wrong_with(name, times, known)
    ]
    if faults:
        named = "、".join(str(fault.details["parameter"]) for fault in faults[:MOST_NAMED])
        more = "等" if len(faults) > MOST_NAMED else ""
        several = f"地址里有 {len(faults)} 个参数不对：{named}{more}"
        raise InvalidRequest(faults[0].message if len(faults) == 1 else several, faults)


def _wrong_with(name: str, times: int, known: Mapping[str, bool]) -> Iterator[tuple[str, str]]:
    if not name:
        yield "unknown-parameter", "地址里有一个参数没有名称"
    elif name not in known:
        named = [each for each in known if each != PARAMETER]
        there_are = f"；这里可以有：{'、'.join(named)}" if named else "；这里不用参数"
        yield "unknown-parameter", f"没有“{name[:LONGEST_NAME]}”这个参数{guess(name, named) or there_are}"
    elif times > 1 and not known[name]:
        yield "repeated-parameter", f"参数“{name}”只能写一次，现在写了 {times} 次"


def _refuse_other_kinds(request: Request, accepted: tuple[str, ...]) -> None:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in accepted:
        found = f"现为“{kind}”" if kind else "现在没有"
        raise UnsupportedMediaType(f"请求头 Content-Type 应是 {' 或 '.join(accepted)}，{found}")


def routes_of(tag: str, prefix: str = "") -> APIRouter:
    """Return where routes of the API are put; all applications share them as they are.

    FastAPI would work out each route of a router that it includes once more for every application, which
    takes a third of a second, and only when the first request comes.
    """
    return APIRouter(
        prefix=API + prefix, tags=[tag], route_class=StrictRoute, generate_unique_id_function=operation_id
    )


def operation_id(route: APIRoute) -> str:
    """Return a route's id in the description of the API."""
    return route.name
