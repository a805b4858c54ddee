"""Pages: what they are given is text, what they lack is an error, and they carry no script."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import TYPE_CHECKING

import pytest

from app.documents.html import render
from app.routers.answers import show_page

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

TEMPLATES = sorted(files("app.documents").joinpath("pages").iterdir(), key=lambda file: file.name)
ACTIVE = re.compile(r"<script|javascript:|\son\w+=|\sstyle=|<link|\ssrc=|@import|url\(", re.IGNORECASE)


def test_a_page_is_chinese_fits_a_telephone_and_prints_on_a4() -> None:
    page = render("base.html")
    assert '<html lang="zh-CN">' in page
    assert "width=device-width" in page
    assert "size: A4; margin: 37mm 26mm 35mm 28mm" in page
    assert '<a class="skip" href="#main">' in page


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda file: file.name)
def test_no_page_runs_or_loads_anything(template: Traversable) -> None:
    assert ACTIVE.findall(template.read_text(encoding="utf-8")) == []


def test_a_browser_is_told_to_let_nothing_in_but_the_pages_own_styles() -> None:
    answer = show_page(render("base.html"), '"1"')
    policy = answer.headers["content-security-policy"]
    assert re.fullmatch(
        "default-src 'none'; style-src 'sha256-[^']{44}'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'",
        policy,
    )
    assert answer.headers["etag"] == '"1"'
    assert answer.media_type == "text/html"
