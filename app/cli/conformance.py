"""Whether a server judges as the cases of `conformance/` say."""

from __future__ import annotations

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import httpx
import typer

from app.cli.cases import Case, Differing, difference, read_cases
from app.cli.running import UNUSABLE, WRONG

AT_ONCE = 4
TIMEOUT_S = 60
JUDGED = {200, 422}
CASES = Path("conformance/cases")


@dataclass(frozen=True, slots=True)
class Tried:
    """A case, and how the server's answer differs from it."""

    case: Case
    differing: Differing | None


class NoJudgement(Exception):  # noqa: N818 - not an error of the program
    """The server doesn't judge reports for us."""


def conformance(
    url: Annotated[str, typer.Argument(help="服务的地址，例如 http://127.0.0.1:8000")],
    token: Annotated[str | None, typer.Option(help="令牌", envvar="NIANBAO_TOKEN")] = None,
    rule: Annotated[str | None, typer.Option(help="只试一条规则的用例，例如 R07")] = None,
    cases: Annotated[Path, typer.Option(help="用例所在的文件夹")] = CASES,
    as_json: Annotated[bool, typer.Option("--json", help="按 JSON 打印")] = False,
) -> None:
    """把每个用例交给一个服务核对，说明哪里与用例不同。Hold any server to the cases of conformance/."""
    try:
        tried = _try_all(read_cases(cases, rule), url, token)
    except OSError as failure:
        typer.echo(f"没有用例：{failure}；用 --cases 指明文件夹", err=True)
        raise typer.Exit(UNUSABLE) from failure
    except (httpx.HTTPError, httpx.InvalidURL, NoJudgement) as failure:
        typer.echo(f"{url} 不能核对：{failure}", err=True)
        raise typer.Exit(UNUSABLE) from failure
    (_tell_as_json if as_json else _tell)(tried)
    raise typer.Exit(WRONG if any(each.differing for each in tried) else 0)


def _try_all(cases: list[Case], url: str, token: str | None) -> list[Tried]:
    """Send every case, a few at once.

    Raises:
        httpx.HTTPError: the server can't be reached.
        NoJudgement: it refuses to judge, or answers in no way that was agreed.
    """
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    with (
        httpx.Client(base_url=url, headers=headers, timeout=TIMEOUT_S) as client,
        ThreadPoolExecutor(AT_ONCE) as pool,
    ):
        return list(pool.map(lambda case: _try(client, case), cases))


def _try(client: httpx.Client, case: Case) -> Tried:
    answer = client.post("/api/v1/validations", json=case.body)
    if answer.status_code not in JUDGED:
        raise NoJudgement(f"{case.id}：{answer.status_code} {answer.text[:200]}")
    return Tried(case, difference(case, answer.status_code, answer.json()))


def _tell(tried: list[Tried]) -> None:
    for each in tried:
        if each.differing is not None:
            typer.echo(f"{each.case.id} {each.case.title}")
            typer.echo(f"  应是：{each.differing.expected}")
            typer.echo(f"  现为：{each.differing.found}")
    for rule, (passed, total) in _counts(tried).items():
        typer.echo(f"{rule}  {total} 个用例，相符 {passed} 个")
    passed = sum(each.differing is None for each in tried)
    typer.echo(f"共 {len(tried)} 个用例，相符 {passed} 个，不同 {len(tried) - passed} 个")


def _tell_as_json(tried: list[Tried]) -> None:
    rules = {rule: {"passed": passed, "total": total} for rule, (passed, total) in _counts(tried).items()}
    differences = [
        {"id": each.case.id, "title": each.case.title, **asdict(each.differing)}
        for each in tried
        if each.differing is not None
    ]
    typer.echo(json.dumps({"rules": rules, "differences": differences}, ensure_ascii=False, indent=1))


def _counts(tried: list[Tried]) -> dict[str, tuple[int, int]]:
    """Count cases by the rule that their id names: how many passed, of how many."""
    total = Counter(each.case.id.partition("-")[0] for each in tried)
    passed = Counter(each.case.id.partition("-")[0] for each in tried if each.differing is None)
    return {rule: (passed[rule], total[rule]) for rule in sorted(total)}


COMMANDS = {"conformance": conformance}
