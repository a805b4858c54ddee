"""The analysis of a county in a real browser, wide and narrow, and on paper; its Word file in LibreOffice."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.desktop.test_pages import CHROMIUM, OPTIONS, forbidden_by, hosts_asked
from tests.desktop.test_programs import convert
from tests.service import COMMAND, environment, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

REPORT = "/api/v1/rollups/640323/2025/report"
DRAFT = "/api/v1/rollups/640323/2025/draft/export"
WIDTHS = (1280, 390)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"sqlite:///{tmp_path_factory.mktemp('demo') / 'demo.db'}"


@pytest.fixture(scope="module")
def service(url: str) -> Iterator[str]:
    with running(url, "demo", "--serve") as address:
        yield address


@pytest.fixture(scope="module")
def shown(service: str, url: str) -> dict[str, str]:
    """Return the header with which a reader calls."""
    assert service
    issue = [str(COMMAND), "token", "issue", "--role", "reader", "--holder", "李四", "--under", "640323"]
    token = subprocess.check_output(issue, env=environment(url), text=True).strip()
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield browser
        browser.close()


def opened(browser: Browser, shown: dict[str, str], address: str, width: int) -> tuple[Page, list[str]]:
    """Open a page; return it and whatever it complains of, now or later."""
    context = browser.new_context(viewport={"width": width, "height": 900}, extra_http_headers=shown)
    page = context.new_page()
    told = forbidden_by(page)
    page.on("console", lambda said: told.append(said.text))
    page.on("pageerror", lambda error: told.append(str(error)))
    hosts = hosts_asked(page)
    page.goto(address)
    assert hosts == {"127.0.0.1"}
    return page, told


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("address", [REPORT, f"{DRAFT}?format=html"])
def test_a_page_is_never_wider_than_the_window(
    service: str, shown: dict[str, str], browser: Browser, address: str, width: int
) -> None:
    page, told = opened(browser, shown, service + address, width)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    sizes = page.evaluate("[...document.querySelectorAll('.wide, svg')].map(each => each.clientWidth)")
    assert all(0 < size <= width for size in sizes)
    assert told == []


@pytest.mark.parametrize("width", WIDTHS)
def test_its_styles_hold_and_every_chart_has_a_name_and_text_that_can_be_read(
    service: str, shown: dict[str, str], browser: Browser, width: int
) -> None:
    page, _ = opened(browser, shown, service + REPORT, width)
    assert page.evaluate("getComputedStyle(document.querySelector('table')).borderCollapse") == "collapse"
    charts = page.get_by_role("img").all()
    assert len(charts) == 7
    names = [chart.locator("title").first.text_content() for chart in charts]
    assert all(name and "单位：" in name for name in names)
    # in the pixels of the window
    heights = page.evaluate(
        "[...document.querySelectorAll('svg text')].map(each => each.getBoundingClientRect().height)"
    )
    assert min(heights) >= 9


@pytest.mark.parametrize("width", WIDTHS)
def test_no_text_of_a_chart_is_cut_off(
    service: str, shown: dict[str, str], browser: Browser, width: int
) -> None:
    page, _ = opened(browser, shown, service + REPORT, width)
    outside = page.evaluate(
        """[...document.querySelectorAll('svg')].flatMap(svg => {
            const room = svg.getBoundingClientRect();
            return [...svg.querySelectorAll('text')].filter(text => {
                const box = text.getBoundingClientRect();
                return box.left < room.left - 1 || box.right > room.right + 1 || box.bottom > room.bottom + 2;
            }).map(text => text.textContent);
        })"""
    )
    assert outside == []


def test_whoever_goes_by_the_keyboard_skips_to_the_text_and_reaches_wide_tables(
    service: str, shown: dict[str, str], browser: Browser
) -> None:
    page, _ = opened(browser, shown, service + REPORT, 390)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "跳到正文"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('role')") == "region"


def test_on_paper_it_is_a4_and_no_table_is_cut_off(
    service: str, shown: dict[str, str], browser: Browser, tmp_path: Path
) -> None:
    page, _ = opened(browser, shown, service + REPORT, 1280)
    pdf = tmp_path / "page.pdf"
    page.pdf(path=str(pdf), prefer_css_page_size=True)
    assert "A4" in subprocess.check_output(["pdfinfo", str(pdf)], text=True)
    text = subprocess.check_output(["pdftotext", "-layout", str(pdf), "-"], text=True)
    assert "四、结转下年度继续办理" in text.replace(" ", "")
    last = text.partition("政府信息公开行政复议、行政诉讼情况")[2]
    assert re.search(r"^ *([0-9]+ +){14}[0-9]+ *$", last, re.MULTILINE)


@pytest.mark.parametrize("address", [f"{REPORT}?format=docx", DRAFT])
def test_the_word_file_opens_and_prints_on_a4(
    service: str, shown: dict[str, str], browser: Browser, address: str, tmp_path: Path
) -> None:
    context = browser.new_context(extra_http_headers=shown)
    file = tmp_path / "report.docx"
    file.write_bytes(context.request.get(service + address).body())
    pdf = convert(file, "pdf")
    assert "A4" in subprocess.check_output(["pdfinfo", str(pdf)], text=True)
    text = subprocess.check_output(["pdftotext", "-layout", str(pdf), "-"], text=True)
    assert "盐池县人民政府" in text
    assert re.search(r"^ *([0-9]+ +){14}[0-9]+ *$", text, re.MULTILINE)
