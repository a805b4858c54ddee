"""Moments in a query: written out, within what can be reckoned, China's where no zone is said."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from tests.api import API, address, assert_problem, faults, file_report, register_county

if TYPE_CHECKING:
    from starlette.testclient import TestClient

WRONG = {
    "5": "应是一个时刻，例如 2022-01-31T12:00:00Z",
    "0.5": "应是一个时刻，例如 2022-01-31T12:00:00Z",
    "2022-01-31": "应是一个时刻，例如 2022-01-31T12:00:00Z",
    "0001-01-01T00:00:00": "时刻太早或者太晚",
    "0001-01-01T00:00:00+08:00": "时刻太早或者太晚",
    "9999-12-31T23:59:59-08:00": "时刻太早或者太晚",
}


@pytest.mark.parametrize("written", WRONG)
def test_what_is_no_moment_is_refused_and_said_to_be_none(client: TestClient, written: str) -> None:
    register_county(client)
    file_report(client)
    for path, name in ((f"{API}/audit", "since"), (f"{API}/audit", "until"), (address(), "as_of")):
        problem = assert_problem(client.get(path, params={name: written}), 422, "invalid-request")
        assert [error["parameter"] for error in problem["errors"]] == [name]
        assert WRONG[written] in faults(problem)[""]


def test_a_moment_without_a_zone_is_chinas(client: TestClient) -> None:
    register_county(client)
    now = datetime.now(ZoneInfo("Asia/Shanghai")).replace(tzinfo=None)

    def is_there(since: datetime) -> bool:
        answer = client.get(f"{API}/audit", params={"since": since.isoformat()})
        return bool(answer.json()["items"])

    assert is_there(now - timedelta(hours=1))
    assert not is_there(now + timedelta(hours=1))
