"""What a caller can do wrong, in the caller's language; see `app.schemas.failures` for HTTP."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong.

    Attributes:
        pointer: where, as a JSON pointer (RFC 6901) into what was sent; empty for the whole.
        message: what was found and what was expected, in Chinese.
        code: short name of the kind of fault.
        details: further members of the error object, JSON values only.
    """

    pointer: str
    message: str
    code: str
    details: Mapping[str, object] = field(default_factory=dict)


class Refusal(Exception):  # noqa: N818 - a refusal isn't an error of the program
    """The service won't do what was asked; nothing is stored.

    Attributes:
        code: last part of the problem's `type`.
        title: the kind of problem, in Chinese.
        detail: what happened this time, in Chinese.
        faults: everything that is wrong, not only the first thing.
        members: further members of the problem object, JSON values only.
        retry_after: in how many seconds another attempt is worth it, where it is.
    """

    code: ClassVar[str]
    title: ClassVar[str]
    retry_after: int | None = None

    def __init__(
        self, detail: str, faults: Sequence[Fault] = (), members: Mapping[str, object] | None = None
    ) -> None:
        """Keep what happened; *detail* ends without a full stop."""
        super().__init__(detail)
        self.detail = detail
        self.faults = tuple(faults)
        self.members = dict(members or {})


class Malformed(Refusal):
    """What was sent can't be parsed."""

    code = "malformed"
    title = "请求无法解析"


class InvalidRequest(Refusal):
    """What was sent hasn't the shape that the API describes."""

    code = "invalid-request"
    title = "请求内容不符合要求"


def no_form(year: int, pointer: str = "/year") -> InvalidRequest:
    """Refuse a report of a year for which the service knows no form."""
    message = f"没有 {year} 年度的报告格式"
    return InvalidRequest(message, [Fault(pointer, message, "no-form")])


class RulesBroken(Refusal):
    """The report breaks rules that it must keep."""

    code = "rules-broken"
    title = "报告不符合勾稽关系或填报规则"


class BatchRefused(Refusal):
    """Some of a batch can't be saved, so none of it is."""

    code = "batch-refused"
    title = "整批没有保存"


class UnreadableDocument(Refusal):
    """The document can't be read as a report."""

    code = "unreadable-document"
    title = "文件无法识别"


class Unauthenticated(Refusal):
    """The caller doesn't say who it is, or isn't to be believed."""

    code = "unauthenticated"
    title = "没有登录，或令牌无效"


class Forbidden(Refusal):
    """The caller may see it, but hasn't the right to do this."""

    code = "forbidden"
    title = "没有权限"


class TooManyAttempts(Refusal):
    """Somebody failed to sign in too often from there."""

    code = "too-many-attempts"
    title = "尝试次数过多"

    def __init__(self, detail: str, retry_after: int) -> None:
        """Keep what happened and in how many seconds another attempt is worth it."""
        super().__init__(detail)
        self.retry_after = retry_after


class TooManyRequests(Refusal):
    """One caller asks for too much at once."""

    code = "too-many-requests"
    title = "请求过多"
    retry_after = 2


class NotFound(Refusal):
    """There is no such thing."""

    code = "not-found"
    title = "没有找到"


class MethodNotAllowed(Refusal):
    """That can't be done with this address."""

    code = "method-not-allowed"
    title = "不支持的方法"

    def __init__(self, allowed: Sequence[str]) -> None:
        """Keep the methods that there are."""
        super().__init__("这个地址不支持这种方法")
        self.allowed = tuple(allowed)


class TooSlow(Refusal):
    """The request didn't arrive in time."""

    code = "too-slow"
    title = "请求没有按时传完"


class Duplicate(Refusal):
    """There is one already."""

    code = "duplicate"
    title = "已经存在"


class WrongState(Refusal):
    """The thing's state doesn't allow it."""

    code = "wrong-state"
    title = "当前状态下不能这样操作"


class InProgress(Refusal):
    """The same request is being worked on."""

    code = "in-progress"
    title = "同一个请求正在处理"
    retry_after = 1


class KeyReused(Refusal):
    """An Idempotency-Key came with another request before."""

    code = "idempotency-key-reused"
    title = "Idempotency-Key 已用于另一个请求"


class StaleVersion(Refusal):
    """Somebody saved it after the caller read it, or it isn't there at all."""

    code = "stale-version"
    title = "内容已被更新"


class PreconditionRequired(Refusal):
    """The caller must say which version the change is based on."""

    code = "precondition-required"
    title = "缺少 If-Match"


class TooLarge(Refusal):
    """More was sent than the service takes."""

    code = "too-large"
    title = "内容过大"


class AddressTooLong(Refusal):
    """The address is longer than any that the service gives out."""

    code = "address-too-long"
    title = "地址过长"


class HeadTooLarge(Refusal):
    """The request has too many headers, or too long ones."""

    code = "head-too-large"
    title = "请求头过大"


class UnsupportedMediaType(Refusal):
    """The body is of a kind that this address doesn't take."""

    code = "unsupported-media-type"
    title = "不支持的内容类型"


class DiskFull(Refusal):
    """The database has no room left to write."""

    code = "disk-full"
    title = "服务器磁盘已满"


class Unavailable(Refusal):
    """The service can't answer just now; asking again later may help."""

    code = "unavailable"
    title = "服务暂时不可用"
    retry_after = 2
