"""Bodies of reorganisations (机构变动)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Discriminator, Field, Tag, ValidationError
from pydantic_core import ErrorDetails

from app.domain.guesses import guess
from app.domain.lifecycle import Status
from app.domain.reorganisations import Operation
from app.errors import Fault, InvalidRequest
from app.schemas.agencies import DivisionCode, NewAgencyBody
from app.schemas.fields import Body, DescribedAs, Name, Out, one_of, shortened
from app.schemas.pages import PageOut
from app.schemas.problems import invalid
from app.schemas.reports import AgencyCode, Day
from app.schemas.workflow import Reason

MOST_BODIES = 200
MOST_CELLS = 50
_MOST = 10**15

_CODE, _BODY = "·code", "·body"
"""Marks by which Pydantic tells a code from a new body; no member is called so."""


def _kind_of(sent: object) -> str:
    return _CODE if isinstance(sent, str) else _BODY


Into: TypeAlias = Annotated[
    Annotated[AgencyCode, Tag(_CODE)] | Annotated[NewAgencyBody, Tag(_BODY)], Discriminator(_kind_of)
]
Figure: TypeAlias = Annotated[int, Field(ge=-_MOST, le=_MOST)]


class ReorganisationBody(Body):
    """每一种机构变动都要写的。"""

    effective_on: Annotated[Day, Field(title="生效日期：新状态的第一天，不能晚于今天")]
    document: Annotated[Name, Field(title="批准文件的文号", examples=["盐政发〔2025〕12号"])]
    reason: Annotated[Reason | None, Field(title="说明")] = None


class RenameBody(ReorganisationBody):
    """更名：机关代码不变。以前年度仍用当时的名称。"""

    operation: Annotated[Literal["rename"], Field(title="更名")]
    agency: Annotated[AgencyCode, Field(title="机关代码")]
    name: Annotated[Name, Field(title="新的全称；只改区划代码的，写现在的全称")]
    division_code: Annotated[DivisionCode | None, Field(title="新的统计用区划代码；不变的不写")] = None


class MoveBody(ReorganisationBody):
    """改变隶属关系：连同它下面的机关一起。"""

    operation: Annotated[Literal["move"], Field(title="改变隶属关系")]
    agency: Annotated[AgencyCode, Field(title="机关代码")]
    parent: Annotated[AgencyCode, Field(title="新的上级的代码")]


class MergeBody(ReorganisationBody):
    """合并：下面的机关一起归入合并后的机关；合并后的上年数是各机关之和。"""

    operation: Annotated[Literal["merge"], Field(title="合并")]
    agencies: Annotated[list[AgencyCode], Field(title="合并哪些机关", min_length=2, max_length=MOST_BODIES)]
    into: Annotated[Into, Field(title="合并后的机关：已有机关的代码（可以是其中一个），或者一个新机关")]


class SplitBody(ReorganisationBody):
    """拆分。写了分配方案的，上年数按方案分；没有写的，新机关的上年数没法核对。"""

    operation: Annotated[Literal["split"], Field(title="拆分")]
    agency: Annotated[AgencyCode, Field(title="机关代码")]
    into: Annotated[list[Into], Field(title="拆出的机关：代码或新机关", min_length=1, max_length=MOST_BODIES)]
    keeps: Annotated[bool, Field(title="原机关是否保留")]
    allocation: Annotated[
        dict[AgencyCode, Annotated[dict[str, Figure], Field(max_length=MOST_CELLS)]] | None,
        Field(
            title="上年数的分配方案：按机关代码、格；每一格加起来应等于上年报告的数",
            examples=[{"640323101": {"requests.pending_at_end.natural_person": 2}}],
            min_length=1,
            max_length=MOST_BODIES + 1,
        ),
    ] = None


class DissolveBody(ReorganisationBody):
    """撤销：没有机关承接。下面还有机关的，先登记它们的去向。"""

    operation: Annotated[Literal["dissolve"], Field(title="撤销")]
    agency: Annotated[AgencyCode, Field(title="机关代码")]


class EstablishBody(ReorganisationBody):
    """新设。"""

    operation: Annotated[Literal["establish"], Field(title="新设")]
    body: Annotated[NewAgencyBody, Field(title="新机关")]


AnyBody: TypeAlias = RenameBody | MoveBody | MergeBody | SplitBody | DissolveBody | EstablishBody

MODELS: dict[Operation, type[AnyBody]] = {
    Operation.RENAME: RenameBody,
    Operation.MOVE: MoveBody,
    Operation.MERGE: MergeBody,
    Operation.SPLIT: SplitBody,
    Operation.DISSOLVE: DissolveBody,
    Operation.ESTABLISH: EstablishBody,
}

_ANY: Any = one_of(MODELS.values())
ReorganisationSent: TypeAlias = Annotated[
    object, DescribedAs(Annotated[_ANY, Field(discriminator="operation")])
]
"""The parsed body of a reorganisation, told apart by `operation`."""


def read_reorganisation(sent: object) -> AnyBody:
    """Hold a body to the model of its operation.

    Raises:
        InvalidRequest: there is no such operation, or it isn't of its shape.
    """
    name = sent.get("operation") if isinstance(sent, dict) else None
    model = MODELS[Operation(name)] if name in list(Operation) else None
    if model is None:
        raise _unknown_operation(sent, name)
    try:
        return model.model_validate(sent)
    except ValidationError as wrong:
        errors = [_plain(error) for error in wrong.errors(include_url=False)]
        raise invalid(errors, model, inside="body") from wrong


def _plain(error: ErrorDetails) -> ErrorDetails:
    """Take the marks out of where a fault is."""
    return {**error, "loc": tuple(part for part in error["loc"] if part not in (_CODE, _BODY))}


def _unknown_operation(sent: object, name: object) -> InvalidRequest:
    if not isinstance(sent, dict):
        return InvalidRequest("应是对象", [Fault("", "应是对象", "model-type")])
    known = "、".join(f"{operation}（{operation.label}）" for operation in Operation)
    if name is None:
        message = f"缺少“operation”，应是下列之一：{known}"
        return InvalidRequest(message, [Fault("/operation", message, "missing")])
    meant = guess(name, list(Operation)) if isinstance(name, str) else ""
    message = f"没有“{shortened(str(name))}”这种机构变动{meant or f'；应是下列之一：{known}'}"
    return InvalidRequest(message, [Fault("/operation", message, "unknown-operation")])


class ChangedOut(Out):
    """一个机关的变动。"""

    code: Annotated[str, Field(title="机关代码")]
    before: Annotated[dict[str, Any] | None, Field(title="变动前的登记情况；新机关为 null")]
    after: Annotated[dict[str, Any], Field(title="变动后的登记情况")]


class ReorganisationOut(Out):
    """一次机构变动。"""

    id: Annotated[int, Field(title="编号")]
    operation: Annotated[Operation, Field(title="哪一种变动")]
    label: Annotated[str, Field(title="中文名称")]
    effective_on: Annotated[date, Field(title="生效日期")]
    document: Annotated[str, Field(title="文号")]
    reason: Annotated[str | None, Field(title="说明")]
    recorded_by: Annotated[str, Field(title="谁登记的")]
    recorded_at: Annotated[datetime, Field(title="什么时候登记的")]
    agencies: Annotated[list[ChangedOut], Field(title="涉及的机关，按代码排序")]


class UncountedOut(Out):
    """不再计入汇总的一份报告：报告年度的 12 月 31 日机关已不在。报告仍在，可以读取。"""

    agency: Annotated[str, Field(title="机关代码")]
    name: Annotated[str, Field(title="机关全称")]
    year: Annotated[int, Field(title="报告年度")]
    status: Annotated[Status, Field(title="报告的状态")]


class AffectedOut(Out):
    """汇总有变动的一个机关。"""

    agency: Annotated[str, Field(title="机关代码")]
    name: Annotated[str, Field(title="机关全称")]
    years: Annotated[list[int], Field(title="哪些年度")]


class ReorganisationDone(ReorganisationOut):
    """登记（或试做）一次机构变动的结果。"""

    uncounted: Annotated[list[UncountedOut], Field(title="不再计入任何汇总的报告")]
    affected: Annotated[list[AffectedOut], Field(title="哪些机关、哪些年度的汇总有变动")]


class ReorganisationPage(Out):
    """一页机构变动。"""

    items: Annotated[list[ReorganisationOut], Field(title="机构变动，按登记先后")]
    page: Annotated[PageOut, Field(title="分页")]


class CalledOut(Out):
    """用过的一个名称。"""

    name: Annotated[str, Field(title="全称")]
    division_code: Annotated[str | None, Field(title="统计用区划代码")]
    since: Annotated[date | None, Field(title="从哪一天起；null 表示一开始")]
    until: Annotated[date | None, Field(title="到哪一天不再用；null 表示至今")]


class PlacingOut(Out):
    """在机关树中的一个位置。"""

    parent: Annotated[str | None, Field(title="上级的代码")]
    name: Annotated[str | None, Field(title="上级现在的全称")]
    valid_from: Annotated[date, Field(title="从哪一天起")]
    valid_to: Annotated[date | None, Field(title="到哪一天不再在这个位置；null 表示至今")]


class KinOut(Out):
    """前身或承接的一个机关。"""

    agency: Annotated[str, Field(title="机关代码")]
    name: Annotated[str, Field(title="现在的全称")]
    operation: Annotated[Operation, Field(title="由哪一种变动")]
    effective_on: Annotated[date, Field(title="生效日期")]
    document: Annotated[str, Field(title="文号")]


class LifeOut(Out):
    """一个机关的沿革。"""

    agency: Annotated[str, Field(title="机关代码")]
    names: Annotated[list[CalledOut], Field(title="名称，早的在前")]
    placements: Annotated[list[PlacingOut], Field(title="位置，早的在前")]
    predecessors: Annotated[list[KinOut], Field(title="前身")]
    successors: Annotated[list[KinOut], Field(title="承接的机关")]
