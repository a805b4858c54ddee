"""A write over HTTP: one transaction, tried out where the caller asks for that, and done once by its key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, TypeAlias, TypeVar, cast

from fastapi import Depends, Header, Query, Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel
from python_multipart.multipart import parse_options_header

from app.auth.actor import Actor
from app.deps import CurrentActor
from app.services.retries import (
    LONGEST_KEY,
    SHORTEST_KEY,
    Answer,
    Attempt,
    Underway,
    attempt_of,
    find_answer,
    keep_answer,
)
from app.storage.engine import Database, WriteSession

REPLAYED = "Idempotency-Replayed"
"""The header of an answer that was given before."""
FORM = b"multipart/form-data"
TRIED = "Dry-Run"
"""The header of an answer to a trial."""

T = TypeVar("T", bound="BaseModel | None")


class Replayed(Exception):  # noqa: N818 - it is an answer, not an error
    """The request was answered before; `app.edge` gives that answer again."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Writer:
    """Does the one write of a request.

    Attributes:
        request: whose write it is.
        response: where the route puts status and headers.
        as_trial: nothing is to stay.
        attempt: where it may come again.
    """

    request: Request
    response: Response
    as_trial: bool
    attempt: Attempt | None = None

    def __call__(self, work: Callable[[WriteSession], T]) -> T:
        """Do the work in a transaction and return what it returns.

        Raises:
            Replayed: it was done before.
            KeyReused, InProgress: see `find_answer`.
        """
        if self.as_trial:
            self.response.headers[TRIED] = "true"
        if self.as_trial or self.attempt is None:
            with self._database.writing(as_trial=self.as_trial) as session:
                return work(session)
        with self._underway.only(self.attempt):
            return self._do_once(work, self.attempt)

    def _do_once(self, work: Callable[[WriteSession], T], attempt: Attempt) -> T:
        with self._database.writing() as session:
            known = find_answer(session, attempt)
            if known is not None:
                raise Replayed(known)
            done = work(session)
            keep_answer(session, attempt, self._answer(done))
            return done

    def _answer(self, done: BaseModel | None) -> Answer:
        route = cast("APIRoute", self.request.scope["route"])
        status = self.response.status_code or route.status_code or 200
        headers = dict(self.response.headers)
        if done is None:
            return Answer(status, headers, "")
        return Answer(
            status, headers | {"Content-Type": "application/json"}, done.model_dump_json(by_alias=True)
        )

    @property
    def _database(self) -> Database:
        return cast("Database", self.request.app.state.database)

    @property
    def _underway(self) -> Underway:
        return cast("Underway", self.request.app.state.underway)


_Trial: TypeAlias = Annotated[
    bool, Query(description="true 试做：走完全部检查，给出会有的结果，什么也不保存")
]
_Key: TypeAlias = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description=(
            "一个新的随机值（例如 UUID）。没有收到回答时原样重发，只做一次，"
            "得到同一个回答，带 Idempotency-Replayed: true；保留 24 小时"
        ),
        min_length=SHORTEST_KEY,
        max_length=LONGEST_KEY,
        pattern="^[!-~]+$",
    ),
]


async def _writer(request: Request, response: Response, dry_run: _Trial = False) -> Writer:  # noqa: FBT002
    return Writer(request, response, dry_run)


async def _once(
    request: Request,
    response: Response,
    actor: CurrentActor,
    dry_run: _Trial = False,  # noqa: FBT002
    key: _Key = None,
) -> Writer:
    if key is None:
        return Writer(request, response, dry_run)
    return Writer(request, response, dry_run, await _attempt(request, actor, key))


async def _attempt(request: Request, actor: Actor, key: str) -> Attempt:
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    body = await request.body()
    asked = (
        request.method.encode(),
        request.url.path.encode(),
        request.url.query.encode(),
        kind,
        request.headers.get("if-match", "").encode(),
        # whoever sends a form again makes up another boundary
        body.replace(options[b"boundary"], b"") if kind == FORM and options.get(b"boundary") else body,
    )
    return attempt_of(actor, key, b"\0".join(asked))


Write: TypeAlias = Annotated[Writer, Depends(_writer)]
WriteOnce: TypeAlias = Annotated[Writer, Depends(_once)]
"""The write of a POST, which may come again by its key."""
