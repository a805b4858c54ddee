"""What answers share: entity tags, conditional reading, downloads, and how failures are documented."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from fastapi import Request, Response
from fastapi.responses import HTMLResponse

from app.documents.filenames import content_disposition
from app.schemas.pages import PageOut, write_cursor
from app.schemas.problems import Problem
from app.services.exports import Exported, Shape
from app.services.filed import Filed
from app.services.findings import mark_of_shown
from app.services.versions import mark_of, mark_of_filed
from app.storage.collection_models import Collection
from app.storage.models import Agency, Report

T = TypeVar("T")

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

_FAILURES = {
    304: "与 If-None-Match 所说的相同，没有变化",
    400: "请求无法解析",
    401: "没有登录，或令牌无效",
    403: "没有权限",
    404: "没有找到",
    409: "已经存在，或当前状态不允许",
    412: "所依据的版本已不是现在的版本",
    413: "内容过大",
    415: "内容类型不对",
    422: "内容不符合要求，或报告不符合规则",
    428: "修改已有内容要带 If-Match",
    429: "登录失败的次数太多，或同时的请求太多",
    503: "暂时不能服务，请稍后再试",
}


def failures(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Describe the ways in which a route may fail."""
    return {
        status: {"description": _FAILURES[status]}
        if status == 304  # noqa: PLR2004 - nothing changed: no body
        else {"description": _FAILURES[status], "model": Problem}
        for status in statuses
    }


READING = failures(404, 422)
WRITING = failures(400, 404, 409, 412, 413, 415, 422, 428)
WORKBOOK: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "工作簿",
        "content": {XLSX: {"schema": {"type": "string", "format": "binary"}}},
    }
}

PAGE_OR_PAPER: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "网页，或 Word 文件",
        "content": {
            "text/html": {"schema": {"type": "string"}},
            DOCX: {"schema": {"type": "string", "format": "binary"}},
        },
    }
}


def etag_of(thing: Agency | Report | Collection) -> str:
    """Return the strong entity tag of a thing's present state (RFC 9110, 8.8.3)."""
    return f'"{mark_of(thing)}"'


def etag_of_filed(filed: Filed) -> str:
    """Return the strong entity tag of a report; another version than the current one has a tag of its own."""
    return f'"{mark_of_filed(filed)}"'


def etag_of_shown(filed: Filed) -> str:
    """Return the strong entity tag of a report with its findings, which may change while it doesn't."""
    return f'"{mark_of_shown(filed)}"'


def etag_of_body(body: bytes) -> str:
    """Return the strong entity tag of an answer made of many things."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


class NotModified(Exception):  # noqa: N818 - it is an answer, not an error
    """The caller has it already; `app.edge` answers 304."""

    def __init__(self, etag: str) -> None:
        super().__init__(etag)
        self.etag = etag


def skip_if_known(request: Request, etag: str) -> None:
    """Stop here where the caller already has what this tag stands for (If-None-Match).

    Raises:
        NotModified: it has.
    """
    tags = _tags_known(request)
    if etag.removeprefix("W/") in tags or tags == ["*"]:
        raise NotModified(etag)


def marks_known(request: Request) -> frozenset[str]:
    """Return the marks of what the caller already has (If-None-Match)."""
    return frozenset(tag[1:-1] for tag in _tags_known(request) if tag.startswith('"'))


def _tags_known(request: Request) -> list[str]:
    return [tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")]


def page_of(
    request: Request,
    response: Response,
    found: Sequence[T],
    limit: int,
    mark: Callable[[T], Sequence[str | int]],
) -> tuple[Sequence[T], PageOut]:
    """Return what a page of a list shows, and where the next one begins, also as a Link header (RFC 8288).

    Args:
        request: for the page.
        response: to it.
        found: at least one more than the page shows, where there are more.
        limit: how many it shows at most.
        mark: what the list goes on after, of the last that is shown.
    """
    shown = found[:limit]
    cursor = write_cursor(mark(shown[-1])) if len(found) > limit else None
    if cursor is not None:
        address = request.url.include_query_params(cursor=cursor)
        response.headers["Link"] = f'<{address.path}?{address.query}>; rel="next"'
    return shown, PageOut(next=cursor, limit=limit)


def download(exported: Exported, etag: str, media_type: str = XLSX) -> Response:
    """Answer with a file to save.

    Raises:
        NotModified: the caller has it already.
    """
    if exported.body is None:
        raise NotModified(etag)
    headers = {"Content-Disposition": content_disposition(exported.name), "ETag": etag}
    return Response(exported.body, media_type=media_type, headers=headers)


def piece_of_writing(exported: Exported, shape: Shape) -> Response:
    """Answer with a page to read, or a Word document to save.

    Raises:
        NotModified: the caller has it already.
    """
    etag = f'W/"{exported.mark}"'
    if shape is Shape.PAPER:
        return download(exported, etag, DOCX)
    if exported.body is None:
        raise NotModified(etag)
    return show_page(exported.body, etag)


_STYLE = re.compile(rb"<style>(.*?)</style>", re.DOTALL)


def show_page(page: str | bytes, etag: str | None = None) -> HTMLResponse:
    """Answer with a page of `app.documents.html`: its own styles hold, and it loads and runs nothing."""
    answer = HTMLResponse(page, headers={} if etag is None else {"ETag": etag})
    digests = (b64encode(hashlib.sha256(style).digest()).decode() for style in _STYLE.findall(answer.body))
    styles = " ".join(f"'sha256-{digest}'" for digest in digests)
    answer.headers["Content-Security-Policy"] = "; ".join(
        (
            "default-src 'none'",
            f"style-src {styles}",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )
    return answer
