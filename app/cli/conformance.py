"""Whether a server judges as the cases of `conformance/` say."""

from __future__ import annotations

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.cases import Case, Differing, difference, read_cases, rules_with_cases
from app.cli.judging_server import NoJudgement, client_for, judged_by
from app.cli.running import UNUSABLE, WRONG
from app.domain.rules import RULES

if TYPE_CHECKING:
    import httpx

AT_ONCE = 4
CASES = Path("conformance/cases")


@dataclass(frozen=True, slots=True)
class Tried:
    """A case, and how the server's answer differs from it."""

    case: Case
    differing: Differing | None


def conformance(
    url: Annotated[str, typer.Argument(help="服务的地址，例如 http://127.0.0.1:8000")],
    token: Annotated[str | None, typer.Option(help="令牌", envvar="NIANBAO_TOKEN")] = None,
    rule: Annotated[str | None, typer.Option(help="只试一条规则的用例，例如 R07")] = None,
    cases: Annotated[Path, typer.Option(help="用例所在的文件夹")] = CASES,
    as_json: Annotated[bool, typer.Option("--json", help="按 JSON 打印")] = False,
) -> None:
    """把每个用例交给一个服务核对，说明哪里与用例不同。Hold any server to the cases of conformance/."""
    try:
        tried = _try_all(_cases_in(cases, rule), url, token)
    except NoCases as failure:
        typer.echo(str(failure), err=True)
        raise typer.Exit(UNUSABLE) from failure
    except NoJudgement as failure:
        typer.echo(f"{url} 不能核对：{failure}", err=True)
        raise typer.Exit(UNUSABLE) from failure
    (_tell_as_json if as_json else _tell)(tried)
    raise typer.Exit(WRONG if any(each.differing for each in tried) else 0)


class NoCases(Exception):  # noqa: N818 - not an error of the program
    """There is nothing to try; why, in Chinese."""


def _cases_in(folder: Path, rule: str | None) -> list[Case]:
    """Return the cases of every rule, or of one, however its id is written.

    Raises:
        NoCases: the folder has none, or none of this rule.
    """
    known = rules_with_cases(folder)
    if not known:
        raise NoCases(f"文件夹 {folder} 里没有用例；用例在源代码的 {CASES} 里，请用 --cases 指明文件夹")
    wanted = None if rule is None else rule.strip().upper()
    if wanted is not None and wanted not in known:
        unknown = "这条规则不在单份报告上核对，没有用例" if wanted in RULES else "没有这条规则"
        without = "、".join(each for each in RULES if each not in known)
        raise NoCases(f"{rule}：{unknown}；有用例的是 {'、'.join(known)}，没有用例的是 {without}")
    return read_cases(folder, wanted)


def _try_all(cases: list[Case], url: str, token: str | None) -> list[Tried]:
    """Send every case, a few at once.

    Raises:
        NoJudgement: the server can't be reached, refuses to judge, or answers in no way that was agreed.
    """
    with client_for(url, token) as client, ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda case: _try(client, case), cases))


def _try(client: httpx.Client, case: Case) -> Tried:
    return Tried(case, difference(case, *judged_by(client, case.body)))


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
