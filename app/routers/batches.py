"""Many reports at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import Body, Query, Response

from app.deps import CurrentActor, CurrentSettings, based_on_tags, routes_of
from app.domain.results import not_kept
from app.errors import Fault, InvalidRequest, Refusal
from app.routers.answers import etag_of, failures
from app.routers.reports import Draft, sent_by
from app.schemas.batches import (
    NDJSON,
    Batch,
    BatchCounts,
    BatchItemOut,
    BatchOut,
    SavedOut,
    item_problem,
    items_in,
    key_sent,
    read_item,
    shorten,
    whole_refused,
)
from app.schemas.failures import STATUS_OF
from app.services import batches
from app.services.batches import Item, refuse_repeated
from app.storage.engine import WriteSession
from app.writing import WriteOnce

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.services.batches import Key
    from app.services.filed import Filed

router = routes_of("年度报告", "/reports")

_LINES = {"schema": {"type": "string", "description": "每行一份报告，与数组里的一份相同"}}


@router.post(
    "/batch",
    summary="成批报送",
    responses={
        **failures(400, 409, 413, 415, 422),
        207: {"model": BatchOut, "description": "逐份的结果（atomic=false）"},
    },
    openapi_extra={"requestBody": {"content": {NDJSON: _LINES}}},
)
def save_batch(
    body: Annotated[Batch, Body()],
    response: Response,
    write: WriteOnce,
    actor: CurrentActor,
    settings: CurrentSettings,
    atomic: Annotated[
        bool, Query(description="true 有一份不能保存就都不保存；false 能保存的都保存，逐份说明结果（207）")
    ] = True,
    draft: Draft = False,
) -> BatchOut:
    """一次报送多份（最多 500 份），每份如同单独 PUT：没有则建立；已有则整份替换，要写 etag。

    写成 JSON 数组，或者每行一份（application/x-ndjson）。同一份报告一批里只能有一次。
    """
    sent = items_in(body, settings.max_json_depth)
    keys = [key_sent(each) for each in sent]
    items = _items_of(sent, [(code, year) if code and year else None for code, year in keys])

    def save(session: WriteSession) -> BatchOut:
        saved = [_kept(one) for one in batches.save_batch(session, actor, items, draft=draft)]
        refused = {place: one for place, one in enumerate(saved) if isinstance(one, Refusal)}
        if atomic and refused:
            raise whole_refused(refused, len(saved))
        response.status_code = 200 if atomic else 207
        return _batch_out(keys, saved)

    return write(save)


def _items_of(sent: Sequence[object], keys: Sequence[Key | None]) -> list[Item | Refusal]:
    items = [_item_of(each) for each in sent]
    repeated = refuse_repeated(keys)
    return [
        item if isinstance(item, Refusal) else repeated.get(place, item) for place, item in enumerate(items)
    ]


def _item_of(sent: object) -> Item | Refusal:
    item = read_item(sent)
    if isinstance(item, Refusal):
        return item
    based_on = None if item.etag is None else based_on_tags(item.etag)
    if item.etag is not None and based_on is None:
        message = "etag 应是读取时返回的 ETag，连同双引号"
        return InvalidRequest(message, [Fault("/etag", message, "wrong-etag")])
    return Item((item.agency, item.year), sent_by(item, item.year), based_on)


def _kept(saved: tuple[Filed, bool] | Refusal) -> tuple[int, SavedOut] | Refusal:
    """Keep what the answer needs of a report, and let go of the rest."""
    if isinstance(saved, Refusal):
        return shorten(saved)
    filed, is_new = saved
    shown = SavedOut(
        version=filed.version,
        etag=etag_of(filed.report),
        state=filed.status,
        findings=len(not_kept(filed.results)),
    )
    return 201 if is_new else 200, shown


def _batch_out(
    keys: Sequence[tuple[str | None, int | None]], saved: Sequence[tuple[int, SavedOut] | Refusal]
) -> BatchOut:
    items = [_item_out(place, key, one) for place, (key, one) in enumerate(zip(keys, saved, strict=True))]
    statuses = [item.status for item in items]
    created, replaced = statuses.count(201), statuses.count(200)
    counts = BatchCounts(created=created, replaced=replaced, refused=len(items) - created - replaced)
    return BatchOut(items=items, counts=counts)


def _item_out(
    place: int, key: tuple[str | None, int | None], saved: tuple[int, SavedOut] | Refusal
) -> BatchItemOut:
    code, year = key
    if isinstance(saved, Refusal):
        problem, status = item_problem(saved), STATUS_OF[type(saved)]
        return BatchItemOut(index=place, agency=code, year=year, status=status, problem=problem)
    status, shown = saved
    return BatchItemOut(index=place, agency=code, year=year, status=status, report=shown)
