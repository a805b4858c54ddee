"""What stands outside the API proper: health, and the documentation, which works without the internet."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Response
from fastapi.openapi.docs import get_redoc_html, get_swagger_ui_html
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles

from app.deps import CurrentDatabase, operation_id
from app.errors import Unavailable
from app.routers.answers import failures
from app.schemas.service import Alive, Ready, UnsafeSetting
from app.storage.engine import answers
from app.storage.safety import find_dangers
from app.storage.schema import is_current

router = APIRouter(generate_unique_id_function=operation_id)

CARRIER = "fastapi_standalone_docs"
"""The package that carries Swagger UI's and ReDoc's own files; none of its code is run."""

ASSETS_AT = "/docs/assets"
TITLE = "年报 nianbao"


class Assets(StaticFiles):
    """Files that change with the version of their package alone."""

    def file_response(self, *arguments: Any, **options: Any) -> Response:  # noqa: ANN401 - handed on
        """Answer with a file, which browsers may keep for an hour."""
        answer = super().file_response(*arguments, **options)
        answer.headers["Cache-Control"] = "public, max-age=3600"
        return answer


def find_assets() -> Path:
    """Return the folder of Swagger UI's and ReDoc's files.

    Raises:
        FileNotFoundError: the package that carries them isn't installed.
    """
    spec = find_spec(CARRIER)
    if spec is None or spec.origin is None:
        raise FileNotFoundError(CARRIER)
    return Path(spec.origin).parent / "static"


@router.get("/livez", summary="是否在运行", tags=["运行"])
def get_liveness() -> Alive:
    """进程在运行就回答。"""
    return Alive(status="ok")


@router.get("/readyz", summary="是否可以服务", tags=["运行"], responses=failures(503))
def get_readiness(database: CurrentDatabase) -> Ready:
    """数据库可用、结构是现在这一版，才回答可以服务。数据库的设置如果会丢失已经确认的数据，列在 unsafe 里。"""
    if not answers(database):
        raise Unavailable("数据库现在没有回应")
    if not is_current(database):
        raise Unavailable("数据库的结构不是这一版程序的；请先运行 nianbao migrate")
    # where a setting stands is for those who may read the service's log
    unsafe = [
        UnsafeSetting(setting=danger.setting, value=danger.value, expected=danger.expected)
        for danger in find_dangers(database)
    ]
    return Ready(status="ok", database=database.engine.dialect.name, unsafe=unsafe)


@router.get("/", include_in_schema=False)
def show_start() -> RedirectResponse:
    return RedirectResponse("/docs")


@router.get("/docs", include_in_schema=False)
def show_swagger_ui() -> HTMLResponse:
    return _page(
        get_swagger_ui_html(
            openapi_url="/openapi.json",
            title=TITLE,
            swagger_js_url=f"{ASSETS_AT}/swagger/swagger-ui-bundle.js",
            swagger_css_url=f"{ASSETS_AT}/swagger/swagger-ui.css",
            swagger_favicon_url=f"{ASSETS_AT}/fastapi/favicon.png",
        )
    )


@router.get("/redoc", include_in_schema=False)
def show_redoc() -> HTMLResponse:
    return _page(
        get_redoc_html(
            openapi_url="/openapi.json",
            title=TITLE,
            redoc_js_url=f"{ASSETS_AT}/redoc/redoc.standalone.js",
            redoc_favicon_url=f"{ASSETS_AT}/fastapi/favicon.png",
            with_google_fonts=False,
        )
    )


_INLINE = re.compile(rb"<script>(.*?)</script>", re.DOTALL)


def _page(page: HTMLResponse) -> HTMLResponse:
    """Let a page of the documentation load our own files, run the script that stands in it, and call us."""
    digests = (b64encode(sha256(script).digest()).decode() for script in _INLINE.findall(bytes(page.body)))
    scripts = " ".join(f"'sha256-{digest}'" for digest in digests)
    page.headers["Content-Security-Policy"] = "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' {scripts}".rstrip(),
            # both programs write styles into the page
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data:",
            "connect-src 'self'",
            # ReDoc searches in a worker that it makes itself
            "worker-src blob:",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )
    return page
