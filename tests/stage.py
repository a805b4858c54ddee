"""Where people take steps with the service: its callers, what they send, and what they know."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol
from uuid import uuid4

from tests.api import API, address
from tests.desk import bearer

if TYPE_CHECKING:
    from httpx2 import Response
    from starlette.testclient import TestClient

BATCH = f"{API}/reports/batch"


class Service(Protocol):
    """An application that can be closed and made anew on its database."""

    @property
    def client(self) -> TestClient: ...

    def restart(self) -> None: ...


@dataclass(frozen=True)
class Call:
    """A request, but for who makes it and what it is based on: a state of what stands at *about*."""

    method: str
    path: str
    body: dict[str, Any] | list[dict[str, Any]] | None = None
    params: dict[str, Any] = field(default_factory=dict)
    about: str = ""


@dataclass(frozen=True)
class Sent:
    """A request that was answered, and can be sent again by its key."""

    who: int
    request: dict[str, Any]
    answer: Response


@dataclass
class Stage:
    """An application on a new database, with what its callers know.

    Attributes:
        service: which is called.
        secrets: of the tokens, in the order of the model's.
        ids: of the tokens.
        tags: entity tags that were answered for a path, the newest last.
        sent: what was done by a key, the newest last.
        after: how far the feed of changes was followed.
        agencies: the parent of each agency, as the feed tells.
        reports: where each report stands, as the feed tells.
    """

    service: Service
    secrets: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    tags: dict[str, list[str]] = field(default_factory=dict)
    sent: list[Sent] = field(default_factory=list)
    after: int = 0
    agencies: dict[str, str | None] = field(default_factory=dict)
    reports: dict[str, tuple[object, ...]] = field(default_factory=dict)

    @property
    def client(self) -> TestClient:
        return self.service.client

    def tag(self, path: str, tag: str) -> str | None:
        """Return an entity tag of what stands at a path."""
        known = self.tags.setdefault(path, [])
        wanted = {"current": known[-1:], "stale": known[-2:-1], "any": ["*"], "none": []}[tag]
        return None if tag == "none" else (wanted or ['"0-0"'])[0]

    def send(self, call: Call, who: int | None, tag: str = "none") -> Response:
        """Make a call as the holder of a token, or as whoever may; a POST by a key of its own."""
        about = call.about or call.path
        headers = {} if who is None else bearer(self.secrets[who])
        based_on = self.tag(about, tag)
        headers |= {} if based_on is None else {"If-Match": based_on}
        headers |= {"Idempotency-Key": str(uuid4())} if call.method == "POST" else {}
        request: dict[str, Any] = {
            "url": call.path,
            "json": call.body,
            "params": call.params,
            "headers": headers,
        }
        answer = self.client.request(call.method, **request)
        if call.method == "POST" and who is not None and answer.is_success:
            self.sent.append(Sent(who, request, answer))
        self._learn(call, about, answer)
        return answer

    def _learn(self, call: Call, about: str, answer: Response) -> None:
        if call.method != "GET":
            self._note_tag(about, answer.headers.get("etag"))
        if call.path == BATCH and answer.is_success:
            for item in answer.json()["items"]:
                self._note_tag(address(item["agency"]), item["report"] and item["report"]["etag"])
        if answer.status_code == 201 and call.path == f"{API}/tokens":
            self.ids.append(answer.json()["id"])
            self.secrets.append(answer.json()["token"])

    def _note_tag(self, path: str, tag: str | None) -> None:
        known = self.tags.setdefault(path, [])
        if tag not in {None, *known[-1:]}:
            known.append(str(tag))

    def follow(self, limit: int) -> None:
        """Bring the copy up to date by the feed of changes, page by page."""
        has_more = True
        while has_more:
            answer = self.client.get(f"{API}/changes", params={"after": self.after, "limit": limit})
            assert answer.status_code == 200, answer.text
            page = answer.json()
            self.after, has_more = page["next"], page["has_more"]
            for item in page["items"]:
                self._apply(item)

    def _apply(self, item: dict[str, Any]) -> None:
        code, report = item["agency"], item["report"]
        if item["year"] is None:
            self.agencies[code] = item["details"]["parent"]
        elif report is None:
            del self.reports[code]
        else:
            revision = report["etag"].strip('"').rpartition("-")[2]
            self.reports[code] = (report["status"], report["version"], report["published_version"], revision)

    def told(self, answer: Response) -> tuple[int, str]:
        """Return an answer without what every service says in its own way: times, row numbers, secrets."""
        text = answer.text
        for place, (name, secret) in enumerate(zip(self.ids, self.secrets, strict=True)):
            text = text.replace(secret, f"secret {place}").replace(name, f"token {place}")
        for own, plain in _OWN:
            text = own.sub(plain, text)
        return answer.status_code, text


_OWN = (
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)"), "a time"),
    (re.compile(r"\b[0-9a-f]{32,}\b"), "a digest"),
    (re.compile(r'(?<=\\")\d+(?=-\d+(?:-\d+)?\\")'), "row"),
)
