"""The form."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path

from app.deps import routes_of
from app.errors import NotFound
from app.forms import FORMS, form_of_version
from app.forms.model import ReportForm
from app.routers.answers import READING, failures
from app.schemas.forms import FormOut, FormsOut, form_out, summary_out
from app.schemas.reports import body_model

router = routes_of("格式与规则")


def _find(version: str) -> ReportForm:
    form = form_of_version(version)
    if form is None:
        known = "、".join(each.version for each in FORMS)
        raise NotFound(f"没有编号为“{version}”的报告格式；现有：{known}")
    return form


@router.get("/forms", summary="所有报告格式", responses=failures(422))
def list_forms() -> FormsOut:
    """列出系统所知的报告格式。"""
    return FormsOut(items=[summary_out(form) for form in FORMS])


@router.get("/forms/{version}", summary="一种报告格式", responses=READING)
def get_form(version: Annotated[str, Path(description="格式编号", examples=["2021"])]) -> FormOut:
    """各部分、表格的行列标题、版面、勾稽关系：前端据此就能画出整张表。"""
    return form_out(_find(version))


@router.get("/forms/{version}/schema", summary="报告的 JSON Schema", responses=READING)
def get_form_schema(
    version: Annotated[str, Path(description="格式编号", examples=["2021"])],
) -> dict[str, Any]:
    """上报这种格式的报告时，请求体应符合的 JSON Schema。"""
    return body_model(_find(version)).model_json_schema()
