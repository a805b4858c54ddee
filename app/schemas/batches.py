"""Bodies of batches: many reports at once, and what came of each."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, TypeVar, cast

from pydantic import Field, TypeAdapter, ValidationError, create_model

from app.domain.lifecycle import Status
from app.errors import BatchRefused, Fault, InvalidRequest, Malformed, Refusal, TooLarge
from app.schemas.failures import STATUS_OF, problem_of, problem_text, type_of
from app.schemas.fields import DescribedAs, Line, Out, one_of
from app.schemas.other_forms import form_meant, hold
from app.schemas.parts import NEWEST_FIRST, named
from app.schemas.problems import ItemProblem, omitted
from app.schemas.reports import AgencyCode, ReportBody, Year, body_model
from app.schemas.strict_json import parse_lines

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.forms.model import ReportForm

NDJSON = "application/x-ndjson"
MOST_ITEMS = 500
MOST_FAULTS_EACH = 20
"""How many faults of one report an answer lists; five hundred times all of them would be 75 MB."""


class BatchItem(ReportBody):
    """What a report of a batch has beside its tables and prose, whatever the form."""

    agency: Annotated[AgencyCode, Field(title="机关代码")]
    year: Annotated[Year, Field(title="报告年度")]
    etag: Annotated[
        Line | None, Field(title="所依据的版本：读取时返回的 ETag；已有报告时必须写", examples=['"12-3"'])
    ] = None


def item_model(form: ReportForm) -> type[BatchItem]:
    """Return the model of one report of a batch."""
    bases: Any = (BatchItem, body_model(form))
    model = create_model(named("BatchItem", form), __base__=bases, __doc__="一批里的一份报告")
    return cast("type[BatchItem]", model)


_MODELS = {form: item_model(form) for form in NEWEST_FIRST}
_ITEMS: Any = Annotated[list[one_of(_MODELS.values())], Field(min_length=1, max_length=MOST_ITEMS)]  # type: ignore[misc]


_CODE: TypeAdapter[str] = TypeAdapter(AgencyCode)
_YEAR: TypeAdapter[int] = TypeAdapter(Year)
T = TypeVar("T")


Batch: TypeAlias = Annotated[object, DescribedAs(_ITEMS)]
"""The parsed array, or the bytes of lines that aren't parsed yet."""


def items_in(batch: object, deepest: int) -> list[object]:
    """Return what was sent of each report; where a line can't be parsed, its refusal.

    Args:
        batch: as it was sent.
        deepest: how many levels a line may have.

    Raises:
        TooLarge: there are too many.
        InvalidRequest: it isn't a list of anything.
    """
    # counted first: a line may be no more than its end
    many = batch.count(b"\n") if isinstance(batch, bytes) else len(batch) if isinstance(batch, list) else 0
    items = parse_lines(batch, deepest) if isinstance(batch, bytes) and many <= MOST_ITEMS else batch
    if many > MOST_ITEMS or (isinstance(items, list) and len(items) > MOST_ITEMS):
        raise TooLarge(f"一批最多 {MOST_ITEMS} 份报告，现在多于此数，没有保存；请分几批")
    if not isinstance(items, list) or not items:
        message = f"应是 1 到 {MOST_ITEMS} 份报告的数组，或者每行一份报告（{NDJSON}）"
        raise InvalidRequest(message, [Fault("", message, "no-list")])
    return items


def read_item(sent: object) -> BatchItem | Refusal:
    """Read one report of a batch."""
    if isinstance(sent, Malformed):
        return sent
    _, year = key_sent(sent)
    try:
        return hold(_MODELS[form_meant(year)], sent, year)
    except InvalidRequest as refusal:
        return refusal


def key_sent(sent: object) -> tuple[str | None, int | None]:
    """Return agency and year as they were sent, as far as they are any, whatever else is wrong."""
    members = sent if isinstance(sent, dict) else {}
    return _if_any(_CODE, members.get("agency")), _if_any(_YEAR, members.get("year"))


def _if_any(kind: TypeAdapter[T], value: object) -> T | None:
    try:
        return kind.validate_python(value, strict=True)
    except ValidationError:
        return None


class SavedOut(Out):
    """一份存下的报告。"""

    version: Annotated[int, Field(title="版本号")]
    etag: Annotated[str, Field(title="现在的 ETag 点号之前的部分，可以用作 If-Match")]
    state: Annotated[Status, Field(title="状态")]
    findings: Annotated[int, Field(title="不符、没法核对或有疑问之处有几处")]


class BatchItemOut(Out):
    """一批里的一份报告怎样了。"""

    index: Annotated[int, Field(title="在这一批里的位置，从 0 起")]
    agency: Annotated[str | None, Field(title="机关代码；认不出则为 null")]
    year: Annotated[int | None, Field(title="报告年度；认不出则为 null")]
    status: Annotated[int, Field(title="单独报送会得到的 HTTP 状态码：201 建立，200 替换，4xx 没有保存")]
    report: Annotated[SavedOut | None, Field(title="存下的报告；没有保存为 null")] = None
    problem: Annotated[ItemProblem | None, Field(title="为什么没有保存；存下了为 null")] = None


class BatchCounts(Out):
    """一批里各种结果有几份。"""

    created: Annotated[int, Field(title="建立")]
    replaced: Annotated[int, Field(title="替换")]
    refused: Annotated[int, Field(title="没有保存")]


class BatchOut(Out):
    """一批报告怎样了。"""

    items: Annotated[list[BatchItemOut], Field(title="每份的结果，次序与所送的相同")]
    counts: Annotated[BatchCounts, Field(title="各种结果有几份")]


def shorten(refusal: Refusal) -> Refusal:
    """Let a refusal list no more faults than there is room for, and say how many it leaves out."""
    left_out = len(refusal.faults) - MOST_FAULTS_EACH
    refusal.faults = (*refusal.faults[:MOST_FAULTS_EACH], *omitted(left_out))
    return refusal


def item_problem(refusal: Refusal) -> ItemProblem:
    """Return the problem of one report; its pointers lead into that report."""
    # read back, since what was quoted may be no Unicode
    return ItemProblem.model_validate(json.loads(problem_text(problem_of(refusal))))


def whole_refused(refused: Mapping[int, Refusal], many: int) -> BatchRefused:
    """Return the refusal of a batch of so many because of some; its pointers lead into the batch."""
    faults = [fault for place, refusal in refused.items() for fault in _faults_at(place, refusal)]
    detail = f"{many} 份里有 {len(refused)} 份不能保存，所以整批都没有保存；请改正后再报送"
    return BatchRefused(detail, faults)


def _faults_at(place: int, refusal: Refusal) -> list[Fault]:
    said = {"index": place, "type": type_of(refusal.code), "status": STATUS_OF[type(refusal)]}
    if not refusal.faults:
        return [Fault(f"/{place}", refusal.detail, refusal.code, {**refusal.members, **said})]
    return [
        Fault(f"/{place}{fault.pointer}", fault.message, fault.code, {**fault.details, **said})
        for fault in refusal.faults
    ]
