"""What the documentation says is so: its commands, its output, its tables and its examples."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from app import errors
from app.auth.tokens import new_secret
from app.schemas.failures import STATUS_OF
from app.settings import PREFIX, Settings
from docs import generate
from docs.security import RISKS
from docs.tour import ANYTHING, READMES, ROOT, Step, run_tour, steps_in, told_anew, without_secrets
from tests.desk import bearer

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.testclient import TestClient

    from docs.security import Risk

ENGLISH, CHINESE = (readme.read_text() for readme in READMES)
EXAMPLES = sorted((ROOT / "openapi" / "examples").glob("*.json"))
PAGES = sorted(page for folder in ("", "docs", "conformance") for page in (ROOT / folder).glob("*.md"))

HEADINGS = {
    "nianbao 年报": "年报 nianbao",
    "What it is for": "用途",
    "Two commands": "两条命令",
    "A two-minute tour": "两分钟走一遍",
    "Read a township's report and see what is wrong with it": "读一个乡镇的报告，看哪里不对",
    "The report stands among the county's drafts": "这份报告列在县里的草稿名单里",
    "The clerk states zero, then submits": "填报人说明缺格为零，然后上报",
    "The report is in the county's total": "这份报告计入全县汇总",
    "The county's Excel": "全县的 Excel",
    "Two minutes more: 退回, 审核, 公布, 更正": "再走两分钟：退回、审核、公布、更正",
    "The reviewer returns the report and says why": "审核人退回，写明原因",
    "The clerk corrects it and submits again": "填报人改正，再次上报",
    "Nobody accepts what they submitted": "自己上报的，自己不能审核",
    "Accepted, published, and corrected": "审核通过，公布，更正",
    "Who did what, and that nobody touched the record": "谁做了什么，记录有没有被动过",
    "Who may do what": "谁可以做什么",
    "Settings": "设置",
    "Where to look next": "接着看什么",
    "Layout": "目录",
}

FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
SETTING = re.compile(rf"^\| `({PREFIX}\w+)` \| (?:`(.*?)`)? \| (.+) \|$", re.MULTILINE)
LINK = re.compile(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)")


def headings_in(text: str) -> list[tuple[str, str]]:
    return re.findall(r"^(#+) (.+)$", FENCED.sub("", text), re.MULTILINE)


def anchors_in(text: str) -> set[str]:
    """Return what links to a page's headings are called where it is shown."""
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for _, heading in headings_in(text)}


def commands_in(text: str) -> list[str]:
    """Return what the blocks of shell commands say, without their comments."""
    blocks = [body for kind, body in FENCED.findall(text) if kind == "sh"]
    return [line.partition("#")[0].rstrip() for block in blocks for line in block.splitlines()]


def test_the_tour_prints_what_the_readme_says(tmp_path: Path) -> None:
    steps = steps_in(ENGLISH)
    printed = run_tour(steps, tmp_path)
    for step, actual in zip(steps, printed, strict=True):
        assert step.prints(actual), f"$ {step.command}\n{actual}\npython -m docs.tour writes it down anew"
    told = without_secrets((tmp_path / "log").read_text())
    tokens = re.findall(r"^令牌.*\n(?: +export .*\n)+", told, re.MULTILINE)
    assert re.findall(r"^令牌.*\n(?: +export .*\n)+", ENGLISH, re.MULTILINE) == tokens
    assert re.findall(r"^令牌.*\n(?: +export .*\n)+", CHINESE, re.MULTILINE) == tokens
    loaded = re.search(r"(\d+) 个机关，(\d+) 份报告", told)
    assert loaded
    assert f"{loaded[1]} agencies and {loaded[2]} reports" in ENGLISH
    assert f"{loaded[1]} 个机关，2021 至 2025 年的 {loaded[2]} 份报告" in CHINESE


def test_an_ellipsis_stands_for_anything_on_its_line_and_for_nothing_else() -> None:
    step = Step("etag", 'etag: "…"\n')
    assert step.prints('etag: "16-1"\n')
    assert not step.prints('etag: "16\n-1"\n')
    assert not step.prints('ETag: "16-1"\n')
    assert not step.prints('etag: "16-1"\nmore\n')


def test_no_token_is_written_down() -> None:
    secret = new_secret().text
    assert without_secrets(f"export READER={secret}   # 查阅") == "export READER=nb_…   # 查阅"


def test_a_tour_told_anew_keeps_what_is_right_and_replaces_what_is_not() -> None:
    text = "# Tour\n```console\n$ a \\\n>   b\n…\n$ c\nold\n```\nend\n"
    assert steps_in(text) == [Step("a \\\n  b", "…\n"), Step("c", "old\n")]
    assert told_anew(text, ["1\n", "new\n"]) == text.replace("old", "new")


def test_both_readmes_have_the_same_headings() -> None:
    translated = [(level, HEADINGS[heading]) for level, heading in headings_in(ENGLISH)]
    assert headings_in(CHINESE) == translated
    assert len(translated) == len(HEADINGS)


def test_both_readmes_have_the_same_commands_and_the_same_output() -> None:
    assert steps_in(CHINESE) == steps_in(ENGLISH)
    assert commands_in(CHINESE) == commands_in(ENGLISH) == ["make run", "make test"]


def test_the_settings_are_those_of_the_service() -> None:
    rows = SETTING.findall(ENGLISH)
    fields = Settings.model_fields.items()
    assert [name for name, _, _ in rows] == [PREFIX + name.upper() for name, _ in fields]
    assert [default for _, default, _ in rows] == [
        str(field.default).replace("False", "false") for _, field in fields
    ]
    assert [meaning for _, _, meaning in rows] == [field.description for _, field in fields]
    assert [row[:2] for row in SETTING.findall(CHINESE)] == [row[:2] for row in rows]


@pytest.mark.parametrize("page", generate.made(), ids=lambda page: page.name)
def test_pages_that_follow_from_the_code_are_up_to_date(page: Path) -> None:
    assert page.read_text() == generate.made()[page], "python -m docs.generate"


@pytest.mark.parametrize("risk", RISKS, ids=lambda risk: f"API{risk.number}")
def test_what_is_said_to_be_tested_names_tests_that_exist(risk: Risk) -> None:
    assert risk.tests
    for test in risk.tests:
        file, _, name = test.partition("::")
        assert re.search(rf"^def {name}\(", (ROOT / file).read_text(), re.MULTILINE), test


def test_all_ten_known_weaknesses_are_answered() -> None:
    assert [risk.number for risk in RISKS] == list(range(1, 11))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files_and_headings_that_exist(page: Path) -> None:
    for target, anchor in LINK.findall(page.read_text()):
        file = page.parent / target if target else page
        assert file.exists(), target
        assert not anchor or anchor in anchors_in(file.read_text()), f"{target}#{anchor}"


def test_the_api_guide_lists_every_way_in_which_a_request_may_fail() -> None:
    listed = re.findall(r"^\| (\d{3}) \| (.+?) \|", (ROOT / "docs" / "api.md").read_text(), re.MULTILINE)
    known = {
        (int(status), kind) for status, kinds in listed for kind in re.findall(r"/problems/([\w-]+)", kinds)
    }
    refused = {(status, refusal.code) for refusal, status in STATUS_OF.items()}
    assert known == refused | {(500, "internal")}
    assert set(STATUS_OF) == set(errors.Refusal.__subclasses__())


def test_the_examples_are_one_story_that_the_service_tells_too(client: TestClient) -> None:
    etag, tokens = "", dict[str, str]()
    for file in EXAMPLES:
        example = json.loads(file.read_text())
        request, expected = example["request"], example["response"]
        headers = {"Authorization": "", **request.get("headers", {})}
        if headers["Authorization"] == f"Bearer {ANYTHING}":
            headers |= bearer(token_of(client, example["caller"], tokens))
        if headers.get("If-Match") == ANYTHING:
            headers["If-Match"] = etag
        body = json.dumps(request["body"]) if "body" in request else None
        answer = client.request(request["method"], request["path"], headers=headers, content=body)
        etag = answer.headers.get("etag", etag)
        assert answer.status_code == expected["status"], f"{file.name}: {answer.text}"
        assert_like(
            dict(answer.headers), {key.lower(): it for key, it in expected.get("headers", {}).items()}
        )
        assert_like(answer.json(), expected["body"], file.name)


def token_of(client: TestClient, caller: dict[str, Any], known: dict[str, str]) -> str:
    """Return the token of somebody in the story, who gets one the first time that they call."""
    who = json.dumps(caller)
    if who not in known:
        known[who] = client.post("/api/v1/tokens", json=caller).json()["token"]
    return known[who]


def assert_like(actual: Any, expected: Any, where: str = "") -> None:  # noqa: ANN401 - any JSON
    """Hold *actual* to *expected*: further members don't matter, `…` is anything but nothing."""
    if isinstance(expected, dict):
        assert expected.keys() <= actual.keys(), where
        for key, value in expected.items():
            assert_like(actual[key], value, f"{where}/{key}")
    elif isinstance(expected, list):
        assert len(actual) == len(expected), where
        for place, (one, other) in enumerate(zip(actual, expected, strict=True)):
            assert_like(one, other, f"{where}/{place}")
    elif expected == ANYTHING:
        assert actual, where
    else:
        assert (type(actual), actual) == (type(expected), expected), where
