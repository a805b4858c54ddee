"""The documentation in a real browser, with nothing but this machine to reach."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.service import COMMAND, environment, running

if TYPE_CHECKING:
    from collections.abc import Iterator

CHROMIUM = "/usr/bin/chromium"
OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the address of the demonstration's database."""
    return f"sqlite:///{tmp_path_factory.mktemp('demo') / 'demo.db'}"


@pytest.fixture(scope="module")
def service(url: str) -> Iterator[str]:
    """Run the demonstration."""
    with running(url, "demo", "--serve") as address:
        yield address


@pytest.fixture
def page() -> Iterator[Page]:
    """Open a page in Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield browser.new_page(viewport={"width": 1280, "height": 1000})
        browser.close()


def hosts_asked(page: Page) -> set[str | None]:
    """Return a set that fills with the hosts that the page asks for anything."""
    hosts: set[str | None] = set()
    page.on("request", lambda request: hosts.add(urlsplit(request.url.removeprefix("blob:")).hostname))
    return hosts


def forbidden_by(page: Page) -> list[str]:
    """Return a list that fills with what the page's own policy kept it from."""
    told: list[str] = []
    page.on(
        "console",
        lambda said: told.append(said.text) if "Content Security Policy" in said.text else None,
    )
    return told


def test_swagger_ui_works_without_the_internet_and_calls_the_service(service: str, page: Page) -> None:
    hosts, forbidden = hosts_asked(page), forbidden_by(page)
    page.goto(f"{service}/docs")
    operation = page.locator("#operations-格式与规则-list_rules")
    operation.get_by_role("button").first.click()
    operation.get_by_role("button", name="Try it out").click()
    operation.get_by_placeholder("year").fill("2021")
    operation.get_by_role("button", name="Execute").click()
    expect(operation.locator(".live-responses-table .response-col_status").last).to_have_text("200")
    expect(operation.locator(".live-responses-table")).to_contain_text("每一格都要填")
    assert hosts == {"127.0.0.1"}
    assert forbidden == []


def test_swagger_ui_calls_with_the_token_that_one_authorizes_with(service: str, url: str, page: Page) -> None:
    issue = [str(COMMAND), "token", "issue", "--role", "reader", "--holder", "李四", "--under", "640323"]
    token = subprocess.check_output(issue, env=environment(url), text=True).strip()
    page.goto(f"{service}/docs")
    operation = page.locator("#operations-登录与令牌-get_me")
    operation.get_by_role("button").first.click()
    operation.get_by_role("button", name="Try it out").click()
    status = operation.locator(".live-responses-table .response-col_status").last
    operation.get_by_role("button", name="Execute").click()
    expect(status).to_contain_text("401")
    page.get_by_role("button", name="Authorize", exact=True).first.click()
    dialog = page.locator(".auth-container", has_text="Token")
    dialog.get_by_role("textbox").fill(token)
    dialog.get_by_role("button", name="Apply credentials").click()
    page.get_by_role("button", name="Close").first.click()
    operation.get_by_role("button", name="Execute").click()
    expect(status).to_have_text("200")
    expect(operation.locator(".live-responses-table")).to_contain_text("李四")


def test_redoc_works_without_the_internet(service: str, page: Page) -> None:
    hosts, forbidden = hosts_asked(page), forbidden_by(page)
    page.goto(f"{service}/redoc")
    expect(page.get_by_role("heading", name="说明缺格为零（零报告）")).to_be_attached(timeout=30_000)
    assert hosts == {"127.0.0.1"}
    assert forbidden == []
