"""Agencies over HTTP: registering, correcting, removing, finding, the tree, CSV."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.api import (
    API,
    COUNTY,
    TOWN,
    YEAR,
    address,
    an_agency,
    assert_problem,
    at_once,
    based_on,
    faults,
    file_report,
    register,
    register_county,
)

if TYPE_CHECKING:
    from httpx2 import Response
    from starlette.testclient import TestClient

SOUND_CREDIT_CODE = "11341702486344515H"
AGENCIES = f"{API}/agencies"
OTHER_COUNTY = "640324"


def at(code: str = TOWN, rest: str = "") -> str:
    return f"{AGENCIES}/{code}{rest}"


def correct(client: TestClient, code: str, parent: str | None = COUNTY, **members: object) -> Response:
    """Correct an agency on the grounds of what it is now."""
    return client.put(
        at(code), json=an_agency(code, parent, **members), headers=based_on(client.get(at(code)))
    )


def subtree(client: TestClient, code: str, as_of: str | None = None) -> list[tuple[str, str | None, int]]:
    """Return code, parent and depth of an agency and all below it."""
    answer = client.get(at(code, "/subtree"), params={} if as_of is None else {"as_of": as_of})
    assert answer.status_code == 200, answer.text
    assert answer.json()["total"] == len(answer.json()["items"])
    return [(item["code"], item["parent"], item["depth"]) for item in answer.json()["items"]]


def all_codes(client: TestClient) -> list[str]:
    return [item["code"] for item in client.get(AGENCIES, params={"limit": 200}).json()["items"]]


def included(client: TestClient, code: str) -> list[str]:
    """Return whose reports a roll-up adds."""
    answer = client.get(f"{API}/rollups/{code}/{YEAR}")
    assert answer.status_code == 200, answer.text
    return [source["agency"] for source in answer.json()["sources"]]


def test_an_agency_that_is_registered_can_be_read_as_it_was_sent(client: TestClient) -> None:
    register(client, COUNTY, None, level="county")
    body = an_agency(name="大水坑镇人民政府", credit_code=SOUND_CREDIT_CODE, division_code="640323101")
    created = client.post(AGENCIES, json=body)
    assert created.status_code == 201, created.text
    assert created.headers["location"] == at()
    read = client.get(at())
    assert read.json() == created.json()
    assert read.headers["etag"] == created.headers["etag"]
    assert read.json() == {
        **body,
        "in_rollup": True,
        "report_scope": "own",
        "valid_from": "1949-10-01",
        "valid_to": None,
        "created_at": read.json()["created_at"],
        "updated_at": read.json()["updated_at"],
    }
    assert read.json()["created_at"].endswith("Z")
    again = client.get(at(), headers={"If-None-Match": read.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert_problem(client.get(at("nobody")), 404, "not-found")


def test_a_code_can_be_given_only_once(client: TestClient) -> None:
    register_county(client)
    problem = assert_problem(client.post(AGENCIES, json=an_agency()), 409, "duplicate")
    assert problem["existing"] == at()
    assert TOWN in problem["detail"]


def test_of_several_who_register_the_same_agency_at_once_exactly_one_does(client: TestClient) -> None:
    answers = at_once(lambda one: client.post(AGENCIES, json=an_agency(parent=None, name=f"第{one}个")), 4)
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert all_codes(client) == [TOWN]


def test_what_is_wrong_with_an_agency_is_told_all_at_once(client: TestClient) -> None:
    body = an_agency("县", name=" ", level="town", kind="bureau", division_code="6403", credit_code="1" * 18)
    body |= {"in_rollup": "是", "valid_from": 0, "valid_to": "2021-02-30", "parrent": "1"}
    problem = assert_problem(client.post(AGENCIES, json=body), 422, "invalid-request")
    messages = faults(problem)
    assert messages == {
        "/code": "机关代码：应由 1 到 32 个数字、字母或连字符（-）组成，现为 “县”",
        "/name": "全称：应是不空的一行文字",
        "/level": "层级：应是下列之一：nation、province、prefecture、county、township，现为 “town”",
        "/kind": "种类：应是下列之一：government、office、department、subdistrict、development_zone、"
        "authorised_organisation，现为 “bureau”",
        "/credit_code": messages["/credit_code"],
        "/in_rollup": "是否计入汇总（垂直管理的部门不计）：应是 true 或 false，现为 “是”",
        "/valid_from": "从哪一天起在这个位置：应是形如 2022-01-31 的日期，现为 0",
        "/valid_to": "到哪一天不再在这个位置：没有这一天，现为 “2021-02-30”",
        "/parrent": "没有“parrent”这一项；是不是“parent”？",
    }
    assert "第 17 位校验不符" in messages["/credit_code"]
    assert problem["detail"] == "有 9 处不符合要求，请逐处改正"
    assert all_codes(client) == []


def test_an_agency_that_cannot_be_is_refused(client: TestClient) -> None:
    cases: list[tuple[dict[str, Any], str, str]] = [
        ({"parent": "nobody"}, "/parent", "没有代码为“nobody”的机关；请先登记上级"),
        ({"parent": TOWN}, "/parent", "上级不能是自己"),
        ({"valid_from": "2021-01-01", "valid_to": "2021-01-01"}, "/valid_to", "应晚于起始日期 2021-01-01"),
        ({"credit_code": "11341702486344515J"}, "/credit_code", "第 18 位校验不符：应为 H，现为 J"),
        ({"division_code": "64032"}, "/division_code", "区划代码应是 2、4、6、9 或 12 位数字"),
        ({"code": "1" * 33}, "/code", "应由 1 到 32 个"),
        ({"name": "镇\n政府"}, "/name", "应是不空的一行文字"),
    ]
    for members, pointer, message in cases:
        answer = client.post(AGENCIES, json=an_agency(parent=None) | members)
        assert message in faults(assert_problem(answer, 422, "invalid-request"))[pointer]
    assert all_codes(client) == []


def test_a_division_code_of_12_or_9_digits_is_kept_in_its_short_form(client: TestClient) -> None:
    for place, (sent, kept) in enumerate(
        {
            "640323101000": "640323101",
            "640323000000": "640323",
            "640323101001": "640323101001",
            "640323": "640323",
        }.items()
    ):
        register(client, str(place), None, division_code=sent)
        assert client.get(at(str(place))).json()["division_code"] == kept


def test_put_registers_and_then_corrects_only_what_the_caller_has_seen(client: TestClient) -> None:
    register(client, COUNTY, None, level="county")
    nothing = {"If-Match": '"1-1"'}
    assert_problem(client.put(at(), json=an_agency(), headers=nothing), 412, "stale-version")
    assert_problem(client.put(at(), json=an_agency(), headers={"If-Match": "*"}), 412, "stale-version")
    first = client.put(at(), json=an_agency())
    assert first.status_code == 201, first.text

    assert_problem(client.put(at(), json=an_agency()), 428, "precondition-required")
    named = {"If-Match": "1-1"}
    assert_problem(client.put(at(), json=an_agency(), headers=named), 422, "invalid-request")
    same = client.put(at(), json=an_agency(), headers=based_on(first))
    assert (same.status_code, same.headers["etag"]) == (200, first.headers["etag"])
    assert same.json() == first.json()

    second = client.put(at(), json=an_agency(name="新名称"), headers=based_on(first))
    assert second.status_code == 200
    assert second.json()["name"] == "新名称"
    assert second.headers["etag"] != first.headers["etag"]
    stale = client.put(at(), json=an_agency(name="新名称"), headers=based_on(first))
    assert_problem(stale, 412, "stale-version")
    weak = {"If-Match": f"W/{second.headers['etag']}"}
    assert_problem(client.put(at(), json=an_agency(), headers=weak), 412, "stale-version")
    several = {"If-Match": f'"1-77", {second.headers["etag"]}'}
    assert client.put(at(), json=an_agency(), headers=several).status_code == 200
    assert client.put(at(), json=an_agency(kind="office"), headers={"If-Match": "*"}).status_code == 200
    other = client.put(at(), json=an_agency("640323102"), headers=based_on(second))
    assert "/code" in faults(assert_problem(other, 422, "invalid-request"))


def test_an_agency_is_removed_only_while_nothing_rests_on_it(client: TestClient) -> None:
    register_county(client, TOWN, "640323102")
    county = client.get(at(COUNTY))
    assert_problem(client.delete(at(COUNTY)), 428, "precondition-required")
    assert_problem(client.delete(at(COUNTY), headers={"If-Match": '"9-9"'}), 412, "stale-version")
    below = assert_problem(client.delete(at(COUNTY), headers=based_on(county)), 409, "wrong-state")
    assert "之下还有机关" in below["detail"]
    file_report(client, draft=True)
    reported = client.delete(at(), headers=based_on(client.get(at())))
    assert "已有报告" in assert_problem(reported, 409, "wrong-state")["detail"]
    free = client.delete(at("640323102"), headers=based_on(client.get(at("640323102"))))
    assert (free.status_code, free.content) == (204, b"")
    assert_problem(client.get(at("640323102")), 404, "not-found")
    gone = client.delete(at("640323102"), headers={"If-Match": "*"})
    assert_problem(gone, 404, "not-found")
    assert all_codes(client) == [COUNTY, TOWN]


def test_nobody_stands_below_itself(client: TestClient) -> None:
    register(client, "64", None, level="province")
    register(client, COUNTY, "64", level="county")
    register(client, TOWN)
    for parent in ("64", COUNTY, TOWN):
        refused = assert_problem(correct(client, "64", parent, level="province"), 422, "invalid-request")
        assert [error["code"] for error in refused["errors"]] == ["circle"]
    assert subtree(client, "64") == [("64", None, 0), (COUNTY, "64", 1), (TOWN, COUNTY, 2)]


def test_agencies_are_found_page_by_page_and_by_a_part_of_the_name(client: TestClient) -> None:
    for place in range(7):
        register(client, f"{place}-Z", None, name=f"第{place}镇_人民政府")
    register(client, "a", None, name="100%公开局B座", level="county", kind="department")
    register(client, "B", None, name="街道办事处", kind="subdistrict")
    pages, cursor = [], None
    while True:
        page = client.get(AGENCIES, params={"limit": 3, **({"cursor": cursor} if cursor else {})}).json()
        assert page["page"]["limit"] == 3
        pages.append([item["code"] for item in page["items"]])
        cursor = page["page"]["next"]
        if cursor is None:
            break
    # byte by byte, on every database
    assert pages == [["0-Z", "1-Z", "2-Z"], ["3-Z", "4-Z", "5-Z"], ["6-Z", "B", "a"]]

    def found(**wanted: str) -> list[str]:
        return [item["code"] for item in client.get(AGENCIES, params=wanted).json()["items"]]

    assert found(q="街道") == ["B"]
    assert found(q="%") == ["a"]
    assert found(q="b座") == found(q="B座") == ["a"]
    assert found(q="镇_人") == [f"{place}-Z" for place in range(7)]
    assert found(q="镇%人") == []
    assert found(level="county") == ["a"]
    assert found(kind="subdistrict") == ["B"]
    assert found(kind="subdistrict", level="county") == []


def test_a_search_that_makes_no_sense_is_refused(client: TestClient) -> None:
    queries: list[dict[str, Any]] = [
        {"limit": 0},
        {"limit": 201},
        {"limit": "x"},
        {"level": "town"},
        {"kind": "bureau"},
        {"q": ""},
        {"q": "\0"},
        {"q": "长" * 101},
        {"cursor": "x"},
        {"cursor": "中"},
        {"cursor": "WyJcdTAwMDAiXQ"},  # ["\u0000"]
        {"cursor": "WyJcdWQ4MDAiXQ"},  # ["\ud800"]
        {"cursor": "WzFd"},  # [1]
        {"cursor": "W1tbW1tbW1tb" * 600},
    ]
    for query in queries:
        problem = assert_problem(client.get(AGENCIES, params=query), 422, "invalid-request")
        (error,) = problem["errors"]
        assert (error["in"], error["parameter"]) == ("query", next(iter(query)))


def test_a_subtree_is_that_of_the_day_asked_for(client: TestClient) -> None:
    register(client, COUNTY, None, level="county")
    register(client, OTHER_COUNTY, None, level="county")
    register(client, TOWN, valid_to="2020-06-01")
    register(client, "640323102", valid_from="2020-06-01")
    register(client, "640323102-1", "640323102", valid_from="2020-06-01")
    before = [(COUNTY, None, 0), (TOWN, COUNTY, 1)]
    after = [(COUNTY, None, 0), ("640323102", COUNTY, 1), ("640323102-1", "640323102", 2)]
    assert subtree(client, COUNTY, "2020-05-31") == before
    assert subtree(client, COUNTY, "2020-06-01") == after
    assert subtree(client, COUNTY) == after
    assert subtree(client, TOWN) == []
    assert subtree(client, "640323102", "2020-06-01")[0] == ("640323102", COUNTY, 0)
    assert_problem(client.get(at("nobody", "/subtree")), 404, "not-found")
    assert_problem(client.get(at(TOWN), params={"as_of": "2020-06-01"}), 404, "not-found")
    assert client.get(at(TOWN), params={"as_of": "2020-05-31"}).json()["parent"] == COUNTY
    assert client.get(at(TOWN)).json()["valid_to"] == "2020-06-01"
    for day in ("0", "2020-13-01", "2020-05-31T00:00:00"):
        wrong = client.get(at(COUNTY, "/subtree"), params={"as_of": day})
        assert_problem(wrong, 422, "invalid-request")


def test_correcting_a_parent_moves_the_reports_already_filed(client: TestClient) -> None:
    register(client, OTHER_COUNTY, None, level="county")
    register_county(client)
    village = register(client, f"{TOWN}-1", TOWN)
    file_report(client)
    file_report(client, village)
    assert included(client, COUNTY) == [TOWN, village]
    moved = correct(client, TOWN, OTHER_COUNTY)
    assert moved.status_code == 200, moved.text
    assert included(client, COUNTY) == []
    assert included(client, OTHER_COUNTY) == [TOWN, village]
    assert included(client, TOWN) == [TOWN, village]


def test_a_place_cannot_be_corrected_away_from_under_a_report(client: TestClient) -> None:
    register_county(client)
    file_report(client)
    refused = assert_problem(correct(client, TOWN, valid_to="2021-12-31"), 422, "invalid-request")
    assert "2021-12-31 不在机关树中" in refused["detail"]
    assert client.get(at(TOWN)).json()["valid_to"] is None
    assert correct(client, TOWN, valid_to="2022-01-01").status_code == 200
    late = client.post(f"{API}/reports", params={"draft": True}, json={"agency": TOWN, "year": 2022})
    assert_problem(late, 422, "invalid-request")
    assert client.get(address(year=2022)).status_code == 404


# CSV

HEADINGS = "code,name,level,kind,parent"
COUNTY_ROW = f"{COUNTY},盐池县人民政府,county,government,"
TOWN_ROW = f"{TOWN},大水坑镇人民政府,township,government,{COUNTY}"


def upload(client: TestClient, *lines: str, encoding: str = "utf-8") -> Response:
    """Upload lines as a CSV file."""
    data = "\r\n".join(lines).encode(encoding)
    return client.post(f"{AGENCIES}/import", files={"file": ("机关.csv", data, "text/csv")})


def counted(answer: Response) -> tuple[int, int, int]:
    """Return how many agencies an import registered, corrected, and found as they were."""
    assert answer.status_code == 200, answer.text
    told = answer.json()
    return told["created"], told["changed"], told["unchanged"]


def test_agencies_come_from_csv_in_any_order_of_rows_and_again_without_change(client: TestClient) -> None:
    lines = [
        f"{HEADINGS},in_rollup,valid_from",
        f"{TOWN}-1,某村,township,office,{TOWN},否,",
        f"{TOWN_ROW},是,2001-01-01",
        "",
        f'{COUNTY},"盐池县, ""人民""政府",county,government,,TRUE,,',
        "64,宁夏,province,government,,0,",
    ]
    first = upload(client, *lines, encoding="utf-8-sig")
    assert counted(first) == (4, 0, 0)
    assert subtree(client, COUNTY) == [(COUNTY, None, 0), (TOWN, COUNTY, 1), (f"{TOWN}-1", TOWN, 2)]
    kept = [client.get(at(code)).json() for code in ("64", COUNTY, TOWN, f"{TOWN}-1")]
    assert [agency["in_rollup"] for agency in kept] == [False, True, True, False]
    assert kept[1]["name"] == '盐池县, "人民"政府'
    assert kept[2]["valid_from"] == "2001-01-01"
    tag = client.get(at()).headers["etag"]
    assert counted(upload(client, *lines)) == (0, 0, 4)
    lines[4] = COUNTY_ROW + "64,TRUE,"
    assert counted(upload(client, *lines)) == (0, 1, 3)
    assert client.get(at()).headers["etag"] == tag
    assert client.get(at(COUNTY)).json()["parent"] == "64"


def test_every_wrong_row_of_a_csv_file_is_named_with_its_line_and_nothing_is_stored(
    client: TestClient,
) -> None:
    answer = upload(
        client,
        HEADINGS,
        COUNTY_ROW,
        "640323102,某镇,乡镇,government,640323",
        ",没有代码,township,government,640323",
        "640323103,甲镇,乙镇,township,government,640323",
        f"{COUNTY},又一个,county,government,",
        TOWN_ROW,
    )
    problem = assert_problem(answer, 422, "invalid-request")
    told = [(error["line"], error["message"]) for error in problem["errors"]]
    assert [line for line, _ in told] == [3, 4, 5, 6]
    expected = ["应是下列之一：nation", "缺少“code”", "有 6 栏，表头只有 5 栏", "在第 2 行已经有了"]
    for (line, message), text in zip(told, expected, strict=True):
        assert message.startswith(f"第 {line} 行")
        assert text in message
    assert all_codes(client) == []


def test_a_csv_file_that_cannot_be_right_registers_nobody(client: TestClient) -> None:
    cases = [
        ([], "表头缺少“code”"),
        ([HEADINGS], "CSV 文件中没有机关"),
        ([HEADINGS.replace("name", "nam"), TOWN_ROW], "没有“nam”这一项；是不是“name”？"),
        ([f"{HEADINGS},name", f"{TOWN_ROW},甲"], "表头“name”出现了不止一次"),
        ([HEADINGS, COUNTY_ROW, TOWN_ROW + "x"], f"的上级“{COUNTY}x”没有登记，表中也没有"),
        ([HEADINGS, TOWN_ROW, COUNTY_ROW + TOWN], "上级关系绕成了圈"),
        ([HEADINGS, COUNTY_ROW + COUNTY], "上级关系绕成了圈"),
        ([HEADINGS, COUNTY_ROW, f'{TOWN},"没有成对,township,government,'], "第 3 行无法解析"),
        ([HEADINGS, f"{TOWN},镇\x01,township,government,"], "看不见的控制字符（U+0001）"),
        ([f"{HEADINGS},in_rollup", f"{TOWN},镇,township,government,,也许"], "应是 true 或 false"),
        ([f"{HEADINGS},valid_to", f"{TOWN},镇,township,government,,1949-10-01"], "应晚于起始日期"),
    ]
    for lines, message in cases:
        problem = assert_problem(upload(client, *lines), 422, "invalid-request")
        messages = [problem["detail"], *(error["message"] for error in problem.get("errors", []))]
        assert any(message in text for text in messages), messages
    assert all_codes(client) == []


def test_a_csv_file_may_move_agencies_but_not_in_a_circle_with_those_it_leaves_out(
    client: TestClient,
) -> None:
    register_county(client)
    refused = upload(client, HEADINGS, COUNTY_ROW + TOWN)
    assert_problem(refused, 422, "invalid-request")
    swapped = upload(client, HEADINGS, COUNTY_ROW + TOWN, f"{TOWN},镇,township,government,")
    assert counted(swapped) == (0, 2, 0)
    assert subtree(client, TOWN) == [(COUNTY, TOWN, 1), (TOWN, None, 0)]


def test_an_import_can_be_looked_at_beforehand(client: TestClient) -> None:
    register_county(client)
    lines = [
        HEADINGS,
        COUNTY_ROW.replace("county", "prefecture"),
        f"{TOWN},机关{TOWN},prefecture,government,{COUNTY}",
        f"new,新设的机关,township,office,{TOWN}",
    ]
    data = {"file": ("a.csv", "\n".join(lines).encode())}
    tried = client.post(f"{AGENCIES}/import", files=data, params={"dry_run": True})
    assert counted(tried) == (1, 1, 1)
    told = tried.json()
    assert (told["created_codes"], told["created_listed"]["truncated"]) == (["new"], False)
    assert told["changes"] == [
        {"code": COUNTY, "field": "name", "before": f"机关{COUNTY}", "after": "盐池县人民政府"},
        {"code": COUNTY, "field": "level", "before": "county", "after": "prefecture"},
        {"code": COUNTY, "field": "report_scope", "before": "aggregate", "after": "own"},
    ]
    assert told["changes_listed"] == {"total": 3, "returned": 3, "truncated": False}
    assert all_codes(client) == [COUNTY, TOWN]
    assert upload(client, *lines).json() == told
    assert all_codes(client) == [COUNTY, TOWN, "new"]


def test_a_division_code_tells_level_and_kind(client: TestClient) -> None:
    lines = [
        "code,name,parent,division_code",
        "64,宁夏,,",
        "6403,吴忠市,64,",
        "640323,盐池县,6403,",
        "640323001,盐州路街道,640323,",
        "640323101000,大水坑镇,640323,",
        "seat,盐池县人民政府,640323,640323",
    ]
    assert counted(upload(client, *lines)) == (6, 0, 0)
    shown = {code: client.get(at(code)).json() for code in all_codes(client)}
    assert {code: (each["level"], each["kind"]) for code, each in shown.items()} == {
        "64": ("province", "government"),
        "6403": ("prefecture", "government"),
        "640323": ("county", "government"),
        "640323001": ("township", "subdistrict"),
        "640323101000": ("township", "government"),
        "seat": ("county", "government"),
    }
    unknown = assert_problem(upload(client, "code,name", "A,甲", "640323101001,村"), 422, "invalid-request")
    assert [error["message"] for error in unknown["errors"]] == [
        f"第 {line} 行 {name}，{label}：缺少“{name}”"
        for line in (2, 3)
        for name, label in (("level", "层级"), ("kind", "种类"))
    ]


def test_a_file_that_is_no_utf8_csv_is_refused(client: TestClient) -> None:
    excel = upload(client, HEADINGS, TOWN_ROW, encoding="gb18030")
    assert "CSV UTF-8" in assert_problem(excel, 422, "invalid-request")["detail"]
    where = f"{AGENCIES}/import"
    binary = client.post(where, files={"file": ("a.csv", b"PK\x03\x04\xff\xfe\0")})
    assert_problem(binary, 422, "invalid-request")
    missing = client.post(where, files={"datei": ("a.csv", b"x")})
    assert "/file" in faults(assert_problem(missing, 422, "invalid-request"))
    text = client.post(where, files={"file": (None, b"code")})
    assert "应是上传的文件" in faults(assert_problem(text, 422, "invalid-request"))["/file"]
    torn = client.post(where, content=b"x", headers={"Content-Type": "multipart/form-data; boundary=b"})
    assert_problem(torn, 400, "malformed")
    unmarked = client.post(where, content=b"x", headers={"Content-Type": "multipart/form-data"})
    assert_problem(unmarked, 400, "malformed")
    assert_problem(client.post(where, json={}), 415, "unsupported-media-type")
    assert all_codes(client) == []


def test_the_code_of_a_removed_agency_is_never_given_again(client: TestClient) -> None:
    register(client, "A", None)
    etag = client.get(f"{API}/agencies/A").headers["etag"]
    assert client.delete(f"{API}/agencies/A", headers={"If-Match": etag}).status_code == 204
    assert_problem(client.post(f"{API}/agencies", json=an_agency("A", None)), 409, "duplicate")
    assert_problem(client.put(f"{API}/agencies/A", json=an_agency("A", None)), 409, "duplicate")
