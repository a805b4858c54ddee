"""A server that is asked to judge reports: calling it, and saying in plain words why that can't be done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from collections.abc import Iterator

TIMEOUT_S = 60
JUDGED = {200, 422}
_API = "/api/v1"
_PLACE = f"{_API}/validations"
_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND = 401, 403, 404
_ADVICE = {
    _UNAUTHORIZED: "令牌缺了、写错了或者已经失效，请用 --token 写明完整的令牌",
    _FORBIDDEN: "这个令牌无权核对报告，请换一个",
    _NOT_FOUND: f"这个地址没有 {_PLACE}，请核对服务的地址",
}


class NoJudgement(Exception):  # noqa: N818 - not an error of the program
    """The server doesn't judge reports for us; why, in Chinese."""


def client_for(url: str, token: str | None) -> httpx.Client:
    """Return what calls a server.

    Raises:
        NoJudgement: no request could be made of this address or this token.
    """
    try:
        base = httpx.URL(url)
    except (httpx.InvalidURL, UnicodeError) as wrong:
        raise NoJudgement(f"地址“{url}”写得不对，应像 http://127.0.0.1:8000 这样") from wrong
    if base.scheme not in ("http", "https") or not base.host:
        raise NoJudgement(f"地址“{url}”写得不对，应以 http:// 或 https:// 开头，例如 http://127.0.0.1:8000")
    if base.path.rstrip("/").endswith(_API):
        raise NoJudgement(f"地址“{url}”只写到主机和端口，不要带 {_API}")
    if token is not None and not all("!" <= character <= "~" for character in token):
        raise NoJudgement("令牌里有不能用的字符（空格、省略号“…”或者中文）；请复制完整的令牌")
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return httpx.Client(base_url=base, headers=headers, timeout=TIMEOUT_S)


def judged_by(client: httpx.Client, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Return status and body of what a server answers to a report.

    Raises:
        NoJudgement: it can't be reached, refuses to judge, or answers in no way that was agreed.
    """
    try:
        answer = client.post(_PLACE, json=body)
    except httpx.TimeoutException as failure:
        raise NoJudgement(f"服务 {TIMEOUT_S} 秒内没有回答") from failure
    except httpx.HTTPError as failure:
        raise NoJudgement(f"连不上，请看服务是否已经启动、地址和端口是否写对（{failure}）") from failure
    said = _json_of(answer)
    if answer.status_code in JUDGED and ("items" in said or "errors" in said):
        return answer.status_code, said
    raise NoJudgement("；".join(_refusal(answer.status_code, said)))


def _json_of(answer: httpx.Response) -> dict[str, Any]:
    try:
        said = answer.json()
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _refusal(status: int, said: dict[str, Any]) -> Iterator[str]:
    told = [str(said[name]) for name in ("title", "detail") if said.get(name)]
    yield f"服务回答 {status}" + (f"（{'：'.join(told)}）" if told else "")
    if status in JUDGED:
        yield "它不是年报核对的回答，请核对服务的地址"
    elif status in _ADVICE:
        yield _ADVICE[status]
