"""Calls about webhooks that many tests make, and what they read from the messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.api import API, TOWN, address
from tests.receiver import Answered, Received

if TYPE_CHECKING:
    from starlette.testclient import TestClient


def hooks(client: TestClient, made: dict[str, Any]) -> dict[str, Any]:
    """Return a webhook as it stands."""
    answer = client.get(f"{API}/webhooks/{made['id']}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def log(client: TestClient, made: dict[str, Any], **params: str) -> list[dict[str, Any]]:
    """Return the log of a webhook, the oldest first."""
    answer = client.get(f"{API}/webhooks/{made['id']}/deliveries", params={"limit": 200, **params})
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items[::-1]


def do(client: TestClient, made: dict[str, Any], rest: str) -> dict[str, Any]:
    """Post to an address below a webhook."""
    answer = client.post(f"{API}/webhooks/{made['id']}{rest}")
    assert answer.is_success, answer.text
    done: dict[str, Any] = answer.json()
    return done


def save(client: TestClient, preface: str, agency: str = TOWN) -> None:
    answer = client.patch(address(agency), json={"preface": preface}, headers={"If-Match": "*"})
    assert answer.status_code == 200, answer.text


def told(received: list[Received]) -> list[tuple[str, Any, Any]]:
    return [(each.json["type"], each.data["agency"], each.data["year"]) for each in received]


def numbers(received: list[Received]) -> list[int]:
    return [each.data["number"] for each in received]


def refusing(number: int) -> Any:  # noqa: ANN401 - an answer, as `Receiver` takes it
    """Refuse one change, whenever it comes."""
    return lambda received, _before: Answered(500 if received.data.get("number") == number else 204)
