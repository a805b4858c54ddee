"""What no report may contain and no body may be: a clear problem in Chinese, and nothing is stored."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from app.forms.annual_2021 import FORM
from tests.api import (
    API,
    COUNTY,
    TOWN,
    YEAR,
    a_report,
    address,
    assert_problem,
    faults,
    register_county,
    reports_stored,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from httpx2 import Response
    from starlette.testclient import TestClient

JSON = {"Content-Type": "application/json"}
DRAFT = {"draft": True}
LIMIT = 10 * 1024 * 1024
NUMBER = "/requests/received/natural_person"
FEE = "/disclosure/fees/amount"
PROSE_LIMIT, LINE_LIMIT = 100_000, 500


@pytest.fixture(autouse=True)
def _nothing_is_stored(client: TestClient) -> Iterator[None]:
    """Hold every test of this file to it: whatever was sent, no report is there afterwards."""
    register_county(client)
    yield
    assert reports_stored(client) == []


def send(client: TestClient, content: bytes, kind: str | None = "application/json") -> list[Response]:
    """Send a body to every address that takes a report or a part of one."""
    headers = {} if kind is None else {"Content-Type": kind}
    row = address(rest="/tables/requests/rows/received")
    return [
        client.post(f"{API}/reports", content=content, headers=headers, params=DRAFT),
        client.put(address(), content=content, headers=headers, params=DRAFT),
        client.patch(address(), content=content, headers=headers),
        client.put(row, content=content, headers=headers),
        client.post(f"{API}/validations", content=content, headers=headers),
        client.post(address(rest="/zeros"), content=content, headers=headers),
    ]


def draft(client: TestClient, body: dict[str, Any] | str) -> Response:
    """Try to keep a draft, the most lenient of all ways in."""
    content = body if isinstance(body, str) else json.dumps(body)
    return client.put(address(), content=content.encode(), headers=JSON, params=DRAFT)


def with_cell(pointer: str, literal: str) -> str:
    """Write a body whose one cell holds these very characters."""
    table, row, column = pointer.strip("/").split("/")
    return f'{{"{table}": {{"{row}": {{"{column}": {literal}}}}}}}'


def test_a_body_that_cannot_be_parsed_is_refused_everywhere(client: TestClient) -> None:
    cases = [
        (b"{", "请求体不是合法的 JSON：第 1 行第 2 列处有误"),
        (b'{"title": "a",\n "year": }', "第 2 行第 10 列处有误"),
        (b"{'title': 1}", "不是合法的 JSON"),
        (b"\xef\xbb\xbf{}", "不是合法的 JSON"),
        (b'{"title": "\xb4\xf3\xcb\xae\xbf\xd3"}', "请求体不是 UTF-8 编码（第 12 个字节起无法识别）"),
        (b'{"title": "a\nb"}', "不是合法的 JSON"),
        (b'{"title": "a\0b"}', "不是合法的 JSON"),
        (b"[" * 10_000 + b"]" * 10_000, "嵌套层数太多"),
        (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "嵌套层数太多"),
        (b'{"year": NaN}', "请求体中有 NaN，它不是合法的 JSON 数值"),
        (b'{"year": -Infinity}', "请求体中有 -Infinity"),
        (b'{"year": ' + b"9" * 5000 + b"}", "位数过多的数"),
        (b'{"year": 1e99999999999999999999}', "位数过多的数"),
        (b'{"year": 2021, "year": 2021}', "“year”出现了不止一次"),
        (b'{"requests": {"received": {"total": 1, "total": 1}}}', "“total”出现了不止一次"),
        (b'{"\\ud800": 1, "\\ud800": 2}', "出现了不止一次"),
    ]
    for content, message in cases:
        for answer in send(client, content):
            assert message in assert_problem(answer, 400, "malformed")["detail"]


def test_a_body_that_is_no_json_object_is_refused_everywhere(client: TestClient) -> None:
    for content, found in (
        (b"", "请求体是空的；应是 JSON"),
        (b"null", "应是对象，现为 null"),
        (b"[]", "应是对象，现为 数组"),
        (b'"{}"', "应是对象，现为 “{}”"),
        (b"2021", "应是对象，现为 2021"),
        (b"0.2", "应是对象，现为 0.2"),
        (b"true", "应是对象，现为 true"),
    ):
        for answer in send(client, content):
            assert assert_problem(answer, 422, "invalid-request")["detail"] == found
    for kind in (None, "text/plain", "application/x-www-form-urlencoded", "application/jsonp"):
        for answer in send(client, b"{}", kind):
            assert "Content-Type" in assert_problem(answer, 415, "unsupported-media-type")["detail"]


@pytest.mark.parametrize("literal", ["0.2", "1e3", "2021", "true", '"x"', "[]"])
def test_what_stands_where_an_object_is_due_is_refused(client: TestClient, literal: str) -> None:
    for body in (
        f'{{"contact": {literal}}}',
        f'{{"requests": {literal}}}',
        f'{{"requests": {{"received": {literal}}}}}',
    ):
        problem = assert_problem(draft(client, body), 422, "invalid-request")
        assert "应是对象，现为" in problem["detail"]
        assert problem["errors"][0]["code"] == "model-attributes-type"


def test_a_body_over_the_limit_is_refused_whether_its_length_is_announced_or_not(client: TestClient) -> None:
    title = b'{"title": "' + b"a" * LIMIT + b'"}'

    def chunks() -> Iterator[bytes]:
        for start in range(0, len(title), 2**20):
            yield title[start : start + 2**20]

    for content in (title, chunks()):
        answer = client.put(address(), content=content, headers=JSON, params=DRAFT)
        assert "超过上限 10485760 字节" in assert_problem(answer, 413, "too-large")["detail"]
    for where in (f"{API}/agencies/import", f"{API}/imports"):
        answer = client.post(where, files={"file": ("年报.txt", b"a" * 20 * 2**20)})
        assert_problem(answer, 413, "too-large")
    just_under = b'{"title": "' + b"a" * (LIMIT - 20) + b'"}'
    most = client.put(address(), content=just_under, headers=JSON, params=DRAFT)
    assert_problem(most, 422, "invalid-request")


def test_a_count_is_a_whole_number_from_0_to_999999999999_and_nothing_else(client: TestClient) -> None:
    label = FORM.cells["requests.received.natural_person"].label
    whole = "应是整数（不带引号、小数点和指数）"
    for literal, message in {
        "1e3": f"{whole}，现为 1E+3",
        "1.5": f"{whole}，现为 1.5",
        "1.0": f"{whole}，现为 1.0",
        "true": f"{whole}，现为 true",
        '"3"': f"{whole}，现为 “3”",
        '""': f"{whole}，现为 “”",
        "[]": f"{whole}，现为 数组",
        "-1": "应大于或等于 0，现为 -1",
        "1000000000000": "应小于或等于 999999999999，现为 1000000000000",
        str(2**63): f"应小于或等于 999999999999，现为 {2**63}",
        "9" * 4000: f"应小于或等于 999999999999，现为 {'9' * 40}…（共 4000 个字符）",
    }.items():
        problem = assert_problem(draft(client, with_cell(NUMBER, literal)), 422, "invalid-request")
        assert faults(problem) == {NUMBER: f"{label}：{message}"}
        assert problem["detail"] == f"{label}：{message}"


def test_money_is_decimal_text_or_a_number_short_enough_to_trust(client: TestClient) -> None:
    shape = '应是以万元为单位、不小于 0、最多 6 位小数的数，例如 "43.788"'
    for literal, message in {
        '"1e3"': shape,
        '"-1"': shape,
        '"1.1234567"': shape,
        '"１"': shape,
        '""': shape,
        '" 1"': shape,
        '"01"': shape,
        '"1."': shape,
        '"1,000"': shape,
        "1e3": shape,
        "-1": shape,
        "1.1234567": shape,
        "true": shape,
        "{}": shape,
        "1234567890.123456": "数字超过 15 位，请写成文字",
        "0.1000000000000000": "数字超过 15 位，请写成文字",
        '"1000000000.000001"': "不能大于 1000000000 万元",
        '"99999999999999999999"': shape,
    }.items():
        problem = assert_problem(draft(client, with_cell(FEE, literal)), 422, "invalid-request")
        assert message in faults(problem)[FEE], literal


def test_text_holds_no_characters_that_nobody_can_see_and_has_a_limit(client: TestClient) -> None:
    for character in ("\0", "\x07", "\x1b", "\x7f", "\x85", "\x9f", "\u2028", "\uffff"):
        body = {"title": f"题{character}", "narratives": {"overview": f"文{character}"}, "preface": character}
        body |= {"signed_by": f"张{character}", "contact": {"phone": f"1{character}"}}
        messages = faults(assert_problem(draft(client, body), 422, "invalid-request"))
        pointers = {"/title", "/narratives/overview", "/preface", "/signed_by", "/contact/phone"}
        assert set(messages) == pointers
        assert all(f"看不见的控制字符（U+{ord(character):04X}）" in text for text in messages.values())
    for member in ("title", "preface", "signed_by"):
        lone = assert_problem(draft(client, f'{{"{member}": "\\ud800"}}'), 422, "invalid-request")
        assert "应是有效的 Unicode 文字" in faults(lone)[f"/{member}"]
    for name in ("\\ud800", "\\u0000"):
        assert_problem(draft(client, f'{{"{name}": 1}}'), 422, "invalid-request")
    long = {"title": "长" * (LINE_LIMIT + 1), "narratives": {"overview": "长" * (PROSE_LIMIT + 1)}}
    messages = faults(assert_problem(draft(client, long), 422, "invalid-request"))
    assert messages == {
        "/title": f"标题：最多 500 个字，现为 “{'长' * 40}…（共 501 个字符）”",
        "/narratives/overview": f"一、总体情况：最多 100000 个字，现为 “{'长' * 40}…（共 100001 个字符）”",
    }
    for name in ("", " ", "张三\n李四"):
        problem = assert_problem(draft(client, {"signed_by": name}), 422, "invalid-request")
        assert faults(problem) == {"/signed_by": "签发人：应是不空的一行文字"}


def test_a_day_is_written_as_a_day(client: TestClient) -> None:
    for day in (0, 1640995200, True, 2.0, "1640995200", "2022-1-1", "2022-01-31T00:00:00", "2022/01/31", ""):
        problem = assert_problem(draft(client, {"signed_on": day}), 422, "invalid-request")
        assert "签发日期：应是形如 2022-01-31 的日期" in faults(problem)["/signed_on"]
    no_day = assert_problem(draft(client, {"published_on": "2022-02-30"}), 422, "invalid-request")
    assert faults(no_day)["/published_on"] == "公布日期：没有这一天，现为 “2022-02-30”"


def test_an_unknown_member_is_refused_with_the_name_that_was_probably_meant(client: TestClient) -> None:
    body = a_report(titel="年报", status="submitted")
    body["narratives"]["overveiw"] = "x"
    body["requests"]["grant"] = {}
    body["requests"]["granted"]["natural_persons"] = 1
    body["disclosure"]["fees"]["zzz"] = 1
    body["a/b~c"] = 1
    problem = assert_problem(draft(client, body), 422, "invalid-request")
    messages = faults(problem)
    for pointer, meant in {
        "/titel": "title",
        "/narratives/overveiw": "overview",
        "/requests/grant": "granted",
        "/requests/granted/natural_persons": "natural_person",
    }.items():
        assert messages[pointer].endswith(f"这一项；是不是“{meant}”？")
    assert messages["/disclosure/fees/zzz"].endswith("没有“zzz”这一项；这里可以有：amount")
    assert "没有“status”这一项" in messages["/status"]
    assert "/a~1b~0c" in messages
    assert len(messages) == 7
    assert problem["detail"] == "有 7 处不符合要求，请逐处改正"


@pytest.mark.parametrize(
    ("address", "parameter", "said"),
    [
        ("/agencies?levle=county", "levle", "没有“levle”这个参数；是不是“level”？"),
        ("/reports/640323101/2021?zzz=1", "zzz", "没有“zzz”这个参数；这里可以有：view、as_of"),
        ("/me?limit=1", "limit", "没有“limit”这个参数；这里不用参数"),
        ("/agencies?level=county&level=township", "level", "参数“level”只能写一次，现在写了 2 次"),
    ],
)
def test_a_parameter_that_means_nothing_is_refused(
    client: TestClient, address: str, parameter: str, said: str
) -> None:
    problem = assert_problem(client.get(f"{API}{address}"), 422, "invalid-request")
    assert problem["detail"] == said
    assert [(error["in"], error["parameter"]) for error in problem["errors"]] == [("query", parameter)]


def test_whoever_mistypes_dry_run_does_not_write(client: TestClient) -> None:
    assert_problem(client.put(address(), params={"_dry_run": True}, json=a_report()), 422, "invalid-request")
    answer = client.put(address(), params={"dryrun": True, "Draft": True}, json=a_report())
    problem = assert_problem(answer, 422, "invalid-request")
    assert problem["detail"] == "地址里有 2 个参数不对：dryrun、Draft"
    assert [error["message"] for error in problem["errors"]] == [
        "没有“dryrun”这个参数；是不是“dry_run”？",
        "没有“Draft”这个参数；是不是“draft”？",
    ]
    assert client.get(address()).status_code == 404


def test_a_name_of_a_parameter_that_is_long_or_empty_is_told_shortly(client: TestClient) -> None:
    problem = assert_problem(client.get(f"{API}/me?={'x'}&{'长' * 800}=1"), 422, "invalid-request")
    first, second = (error["message"] for error in problem["errors"])
    assert first == "地址里有一个参数没有名称"
    assert len(second) < 200


def test_every_address_says_that_it_refuses_what_it_does_not_know(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    refusing = [
        "422" in operation["responses"]
        for path, item in paths.items()
        if path.startswith(API)
        for operation in item.values()
    ]
    assert refusing
    assert all(refusing)


def test_a_parameter_may_be_repeated_where_it_is_a_list_and_a_cache_may_be_evaded(client: TestClient) -> None:
    cells = "cells=requests.received.total&cells=requests.granted.total"
    answer = client.get(f"{API}/rollups/{COUNTY}/2021/children?{cells}&_=1700000000000")
    assert answer.status_code == 200, answer.text
    assert len(answer.json()["cells"]) == 2


def test_a_flood_of_faults_is_cut_and_says_so(client: TestClient) -> None:
    many = {f"m{number}": 1 for number in range(1500)}
    problem = assert_problem(draft(client, many), 422, "invalid-request")
    assert problem["detail"].startswith("有 1500 处")
    assert len(problem["errors"]) == 1001
    assert problem["errors"][-1]["omitted"] == 500
    assert problem["errors"][-1]["message"] == "还有 500 处没有列出"
    long = assert_problem(draft(client, {"长" * 10**6: 1}), 422, "invalid-request")
    assert len(json.dumps(long, ensure_ascii=False)) < 2000


def test_what_an_address_names_must_be_possible(client: TestClient) -> None:
    for where in (
        f"{API}/reports/{TOWN}/latest",
        f"{API}/reports/{TOWN}/0",
        f"{API}/reports/{TOWN}/{10**20}",
        f"{API}/reports/镇/{YEAR}",
        f"{API}/reports/{'1' * 33}/{YEAR}",
    ):
        for answer in (client.get(where), client.put(where, json={}), client.delete(where)):
            problem = assert_problem(answer, 422, "invalid-request")
            assert {error["in"] for error in problem["errors"]} == {"path"}
            assert all(error["message"].startswith("参数 ") for error in problem["errors"])
    for tag in ("1-1", "", '"1-1" "1-2"', "W/1-1"):
        answer = client.put(address(), json={}, headers={"If-Match": tag}, params=DRAFT)
        (error,) = assert_problem(answer, 422, "invalid-request")["errors"]
        assert (error["in"], error["parameter"]) == ("header", "If-Match")
    vague = client.put(address(), json={}, params={"draft": "maybe"})
    assert "参数 draft：应是 true 或 false" in assert_problem(vague, 422, "invalid-request")["detail"]


def test_an_address_or_method_that_is_not_there_is_a_problem_too(client: TestClient) -> None:
    nowhere = assert_problem(client.get(f"{API}/nowhere"), 404, "not-found")
    assert (nowhere["detail"], nowhere["instance"]) == ("没有这个地址", f"{API}/nowhere")
    for where, allowed in {
        address(): "GET, HEAD, PUT, PATCH, DELETE",
        address(rest="/zeros"): "GET, HEAD, POST",
        f"{API}/validations": "POST",
        "/docs": "GET, HEAD",
        "/docs/assets/swagger/swagger-ui.css": "GET, HEAD",
    }.items():
        wrong = client.post(where) if "POST" not in allowed else client.patch(where)
        assert_problem(wrong, 405, "method-not-allowed")
        assert wrong.headers["allow"] == allowed
    assert_problem(client.get("/docs/assets/nothing.js"), 404, "not-found")


def test_a_document_that_is_empty_or_no_text_is_refused(client: TestClient) -> None:
    for data in (b"", b"\x00\x01\x02PK\x03\x04" * 100, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 64):
        for query in ("", f"store=draft&agency={TOWN}&year={YEAR}"):
            answer = client.post(f"{API}/imports", files={"file": ("年报.txt", data)}, params=query)
            problem = assert_problem(answer, 422, "unreadable-document")
            assert not problem["detail"].isascii()
