"""The OpenAPI description, with failures as they really look."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi.openapi.utils import get_openapi

from app.auth.operations import OPERATIONS
from app.domain.roles import roles_with
from app.schemas.enums import MEANT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastapi import FastAPI

PROBLEM = {"$ref": "#/components/schemas/Problem"}
DESCRIPTION = """政府信息公开工作年度报告：收报告，按格式核对，逐级汇总，以 JSON、Excel 给出。

- 表格随报告年度的格式：各年度的格式见 `GET /forms`，请求体、返回内容都是该年度格式的栏目。
- 数：件数是 0 到 999999999999 的整数；金额（万元）是最多 6 位小数的文字，例如 `"43.788"`。
  2019、2020 年度的本年增/减可以小于 0，采购总金额以元为单位，最多 2 位小数。
- `null` 是**没有填**，不是 0；没有填的格不计入任何合计，也不会被当作 0。
- 总计（（七）总计、总计）不写就由系统算出；写了必须相符。
- 修改已有内容要带 `If-Match`，值是读取时返回的 `ETag`。
- 每个修改都可以加 `?dry_run=true` 试做：走完全部检查，给出会有的结果，什么也不保存。
- POST 可以带 `Idempotency-Key`：没有收到回答时原样重发，只做一次，得到同一个回答。
- 要登录：`Authorization: Bearer <令牌>`。令牌由管理员发放；能看、能做的限于令牌所指的机关及其下各机关。
- 出错时返回 `application/problem+json`（RFC 9457），`errors` 里列出**每一处**错误。
"""
CARRY_ETAG = ("200", "201", "304")
HEADERS = {
    "ETag": {
        "description": "内容的版本（没有单一版本的内容没有）；修改时放在 If-Match 里",
        "schema": {"type": "string"},
    },
    "X-Request-ID": {"description": "请求编号，报修时请提供", "schema": {"type": "string"}},
}
REFUSALS = {"401": "没有登录，或令牌无效", "403": "没有权限", "429": "登录失败的次数太多，或同时的请求太多"}
FULL = {"507": "服务器磁盘已满，没有保存"}
MAY_COME_AGAIN = {"409": "当前状态不允许，或者同一个请求正在处理", "422": "内容不符合要求"}
FALLBACKS = {"500": "系统内部错误", "503": "暂时不能服务，请稍后再试"}


def describe(app: FastAPI) -> dict[str, Any]:
    """Return the description, made once."""
    if app.openapi_schema is None:
        schema = get_openapi(title=app.title, version=app.version, description=DESCRIPTION, routes=app.routes)
        for path in schema["paths"].values():
            for method, operation in path.items():
                _tell_roles(operation)
                _tell_retries(operation)
                _correct_failures(operation["responses"], FALLBACKS if method == "get" else FALLBACKS | FULL)
                _document_headers(operation["responses"])
                _drop_made_up_titles(operation.get("parameters", []))
        schemas = schema["components"]["schemas"]
        for unused in ("HTTPValidationError", "ValidationError"):
            schemas.pop(unused, None)
        for name, meant in MEANT.items():
            schemas[name]["description"] = meant
        app.openapi_schema = schema
    return app.openapi_schema


def _tell_roles(operation: dict[str, Any]) -> None:
    """Say who may call it, and how it refuses everybody else."""
    access = OPERATIONS.get(operation["operationId"])
    if access is None or access.right is None:
        return
    roles = "、".join(f"{role.label}（{role}）" for role in roles_with(access.right))
    told = operation.get("description", "")
    operation["description"] = f"{told}\n\n需要权限：{access.right.label}。有此权限的角色：{roles}。"
    for status, text in REFUSALS.items():
        operation["responses"].setdefault(status, {"description": text})


def _tell_retries(operation: dict[str, Any]) -> None:
    """Say how an operation refuses a request that may come again by its key."""
    if any(parameter["name"] == "Idempotency-Key" for parameter in operation.get("parameters", [])):
        for status, text in MAY_COME_AGAIN.items():
            operation["responses"].setdefault(status, {"description": text})


def _correct_failures(responses: dict[str, Any], fallbacks: Mapping[str, str]) -> None:
    """Let every failure be a problem document; FastAPI would describe its own shape instead."""
    for status, text in fallbacks.items():
        responses.setdefault(status, {"description": text})
    for status, response in responses.items():
        if status >= "400":
            response["content"] = {"application/problem+json": {"schema": PROBLEM}}


def _document_headers(responses: dict[str, Any]) -> None:
    """Say what answers carry beside their body."""
    for status, response in responses.items():
        names = ["X-Request-ID", *(["ETag"] if status in CARRY_ETAG else [])]
        response["headers"] = {name: HEADERS[name] for name in names}
        if response["description"] == "Successful Response":
            response["description"] = "成功"


def _drop_made_up_titles(parameters: list[dict[str, Any]]) -> None:
    """Leave out the titles that FastAPI makes from names: their Chinese description says more."""
    for parameter in parameters:
        if parameter["schema"].get("title", "").isascii():
            parameter["schema"].pop("title", None)
