"""The command `nianbao`."""

from __future__ import annotations

import json
import logging
import signal
import sys
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import httpx
import typer
import uvicorn
from pydantic import ValidationError
from sqlalchemy.exc import OperationalError

from app.auth.actor import COMMAND_LINE
from app.domain.results import Outcome, Result, blocking
from app.domain.roles import DEFAULT_DAYS, MOST_DAYS, Role
from app.edge.connections import connections_of
from app.edge.logs import log_as_json
from app.errors import InvalidRequest, Refusal
from app.main import create_app
from app.schemas.access import TokenBody
from app.schemas.problems import invalid
from app.services import audit_trail, tokens
from app.services.audit_trail import Anchor
from app.services.backups import back_up
from app.services.backups import restore as restore_backup
from app.services.demo import DemoToken, issue_demo_tokens, load_demo
from app.services.filed import CHINA
from app.services.imports import Document, Imported, read_document, store_draft
from app.services.integrity import count_reports, find_contradictions
from app.services.tokens import TokenWanted
from app.services.versions import BasedOn
from app.settings import Settings, WrongSetting, read_settings
from app.storage.backup_file import Manifest, open_backup
from app.storage.engine import Database, faults_of_file, open_database
from app.storage.safety import find_dangers
from app.storage.schema import migrate as bring_up_to_date

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

cli = typer.Typer(
    name="nianbao",
    help="政府信息公开工作年度报告：收报告、核对、汇总。Takes in, checks and rolls up the yearly reports.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

WRONG = 1
"""Exit status: what was handed over is wrong."""
UNUSABLE = 2
"""Exit status: it couldn't be tried at all."""

File = Annotated[Path, typer.Argument(help="报告文件（.txt）", exists=True, dir_okay=False, readable=True)]


def main() -> None:
    """Run the command."""
    cli()


@contextmanager
def _explained() -> Iterator[None]:
    """Say what is wrong without a traceback."""
    try:
        yield
    except WrongSetting as wrong:
        typer.echo(f"nianbao can't start:\n{wrong}", err=True)
        raise typer.Exit(UNUSABLE) from wrong
    except OperationalError as failure:
        typer.echo(f"nianbao can't use its database: {failure.orig}", err=True)
        raise typer.Exit(UNUSABLE) from failure
    except OSError as failure:
        typer.echo(f"文件用不了：{failure}", err=True)
        raise typer.Exit(UNUSABLE) from failure
    except Refusal as refusal:
        typer.echo(f"{refusal.title}：{refusal.detail}", err=True)
        for fault in refusal.faults:
            typer.echo(f"  - {fault.message}", err=True)
        raise typer.Exit(WRONG) from refusal


def _settings() -> Settings:
    with _explained():
        return read_settings()


def _database(settings: Settings) -> Database:
    database = open_database(settings.database_url, settings.pool_size, settings.digest)
    with _explained():
        bring_up_to_date(database)
    return database


@cli.command()
def serve() -> None:
    """启动服务。Bring the database up to date and serve."""
    settings = _settings()
    log_as_json(settings.log_level)
    _require_safe(settings)
    _database(settings).engine.dispose()
    _serve(settings)


def _require_safe(settings: Settings) -> None:
    """End where the database could lose what the service acknowledges, unless the operator wants it so."""
    database = open_database(settings.database_url, 1)
    with _explained():
        dangers = find_dangers(database)
    database.engine.dispose()
    told = [f"按数据库现在的设置，已经确认保存的数据可能丢失：{danger}" for danger in dangers]
    if settings.allow_unsafe_database:
        for line in told:
            logging.getLogger(__name__).warning(line)
    elif told:
        typer.echo(
            "\n".join([*told, "请改正后再启动；只是试用的话，设 NIANBAO_ALLOW_UNSAFE_DATABASE=true"]),
            err=True,
        )
        raise typer.Exit(UNUSABLE)


def _serve(settings: Settings) -> None:
    # uvicorn stops in good order and then ends by the signal that asked for it, as if it had been killed
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    uvicorn.run(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        http=connections_of(settings),
        ws="none",
        # the log is ours, accesses included
        log_config=None,
        access_log=False,
        server_header=False,
        # whom to believe about a caller's address is NIANBAO_TRUSTED_PROXIES' to say
        proxy_headers=False,
        timeout_keep_alive=settings.keep_alive_seconds,
        timeout_graceful_shutdown=settings.grace_seconds,
    )


@cli.command()
def migrate() -> None:
    """更新数据库结构。Bring the database's schema up to date."""
    _database(_settings()).engine.dispose()


@cli.command()
def verify() -> None:
    """核对数据库：各处所记是否一致。Check that what is kept in two places says the same in both."""
    settings = _settings()
    with _explained(), _database(settings).reading() as session:
        faults = [f"数据库文件：{fault}" for fault in faults_of_file(session)]
        faults += [f"{c.agency} {c.year} 年度：{c.fault}" for c in find_contradictions(session)]
        reports = count_reports(session)
    for fault in faults:
        typer.echo(fault)
    typer.echo(f"核对 {reports} 份报告，" + (f"{len(faults)} 处不对" if faults else "完好"))
    raise typer.Exit(WRONG if faults else 0)


@cli.command()
def health() -> None:
    """询问本机的服务是否可用。Ask the service on this machine whether it is ready."""
    settings = _settings()
    try:
        answer = httpx.get(f"http://127.0.0.1:{settings.port}/readyz", timeout=5, trust_env=False)
    except httpx.TransportError as failure:
        typer.echo(f"no answer: {failure}", err=True)
        raise typer.Exit(WRONG) from failure
    typer.echo(answer.text)
    raise typer.Exit(0 if answer.is_success else WRONG)


@cli.command()
def openapi() -> None:
    """打印 OpenAPI 描述。Print the OpenAPI description."""
    schema = create_app(Settings.model_construct()).openapi()
    typer.echo(json.dumps(schema, ensure_ascii=False, indent=1))


@cli.command()
def check(file: File) -> None:
    """读一份报告文件，说明哪里缺、哪里不符。Say what is wrong with a report; nothing is stored."""
    with _explained():
        imported = read_document(Document(file.name, file.read_bytes()))
    _tell(imported)
    raise typer.Exit(WRONG if blocking(imported.findings) else 0)


@cli.command("import")
def import_(
    file: File,
    agency: Annotated[str, typer.Option(help="机关代码")],
    year: Annotated[int | None, typer.Option(help="报告年度；不写则用文件标题中的")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="已有草稿时，用这份文件替换")] = False,
) -> None:
    """读一份报告文件，存为草稿。Read a report and keep it as a draft."""
    with _explained():
        imported = read_document(Document(file.name, file.read_bytes()))
        based_on = BasedOn(None) if replace else None
        with _database(_settings()).writing() as session:
            filed, imported = store_draft(session, COMMAND_LINE, imported, agency, year, based_on)
            stored = f"{filed.agency.name}（{filed.agency.code}）{filed.report.year} 年度"
    _tell(imported)
    typer.echo(f"已存为草稿：{stored}")


def _tell(imported: Imported) -> None:
    """Print what was read: everything, but of missing cells and what follows from them only the first."""
    reading = imported.reading
    typer.echo(f"机关：{reading.agency or '标题中没有'}　年度：{reading.year or '标题中没有'}")
    typer.echo(f"读到 {len(reading.cells) - len(reading.missing)} 格，缺 {len(reading.missing)} 格")
    missing = [result for result in imported.findings if _is_missing_cell(result)]
    following = [result for result in imported.findings if _follows_from_missing(result)]
    for result in imported.findings:
        if result not in missing and result not in following:
            typer.echo(_line(result))
    for group, of_what in ((missing, "缺格"), (following, "因缺格没法核对的")):
        if group:
            typer.echo(f"{_line(group[0])}（{of_what}共 {len(group)} 处，其余从略）")


def _follows_from_missing(result: Result) -> bool:
    return result.blocks and result.outcome is Outcome.NOT_EVALUATED


def _is_missing_cell(result: Result) -> bool:
    return result.rule.id == "R04" and result.outcome is Outcome.BROKEN


def _line(result: Result) -> str:
    hint = f"（{result.hint}）" if result.hint else ""
    return f"[{result.rule.id} {result.rule.level.label}] {result.message}{hint}"


@cli.command()
def demo(
    units: Annotated[int, typer.Option(help="再造多少个示例单位；0 只有盐池县", min=0, max=100_000)] = 0,
    serve: Annotated[bool, typer.Option("--serve", help="装好后启动服务")] = False,
) -> None:
    """装入示例数据。Load the demonstration data into an empty database; what is there stays."""
    settings = _settings()
    if serve:
        _require_safe(settings)
    database = _database(settings)
    loaded = load_demo(database, units)
    if loaded:
        typer.echo(f"示例数据：{loaded.agencies} 个机关，{loaded.reports} 份报告。数字是编造的。")
    tokens = issue_demo_tokens(database, settings.hashing)
    database.engine.dispose()
    _show_tokens(tokens)
    if serve:
        _show_addresses(settings)
        sys.stdout.flush()
        log_as_json(settings.log_level)
        _serve(settings)


def _show_tokens(tokens: list[DemoToken]) -> None:
    if tokens:
        typer.echo("令牌（随机生成，只显示这一次；上次显示的已经作废）。复制到终端：")
    for token in tokens:
        typer.echo(f"  export {token.name}={token.secret.text}   # {token.role.label}：{token.reach}")


def _show_addresses(settings: Settings) -> None:
    base = f"http://{settings.host}:{settings.port}"
    typer.echo(f"接口说明  {base}/docs　　{base}/redoc（点 Authorize，填入令牌）")
    typer.echo("试一试：")
    typer.echo(f'  curl -H "Authorization: Bearer $READER" {base}/api/v1/rollups/640323/2021')


@cli.command()
def backup(file: Annotated[Path, typer.Argument(help="新文件的名字，例如 nianbao.zip")]) -> None:
    """把整个数据库备份成一个文件，服务不用停。Back everything up into a new file while the service runs."""
    started = time.monotonic()
    settings = _settings()
    with _explained(), open_database(settings.database_url, 1).reading() as session:
        manifest = back_up(session, file)
    _tell_backup("已备份", file, manifest, started)


@cli.command()
def restore(
    file: Annotated[Path, typer.Argument(help="备份文件", exists=True, dir_okay=False, readable=True)],
    despite_audit: Annotated[bool, typer.Option("--despite-audit", help="审计记录不完好也恢复")] = False,
) -> None:
    """把备份恢复到空的数据库；先核对整个文件。Restore a backup into an empty database."""
    started = time.monotonic()
    settings = _settings()
    with _explained(), open_backup(file) as found:
        with open_database(settings.database_url, 1, settings.digest).writing() as session:
            restore_backup(session, found, settings.key, despite_audit=despite_audit)
        _tell_backup("已恢复", file, found.manifest, started)


def _tell_backup(done: str, file: Path, manifest: Manifest, started: float) -> None:
    typer.echo(f"{done}：{manifest}")
    typer.echo(f"{file}：{file.stat().st_size} 字节，用时 {time.monotonic() - started:.1f} 秒")


token = typer.Typer(help="令牌。Issue, list and revoke tokens.", no_args_is_help=True, rich_markup_mode=None)
audit = typer.Typer(help="审计记录。The audit trail.", no_args_is_help=True, rich_markup_mode=None)
cli.add_typer(token, name="token")
cli.add_typer(audit, name="audit")


@token.command("issue")
def issue_token(
    role: Annotated[Role, typer.Option(help="角色")],
    holder: Annotated[str, typer.Option(help="持有人：人名或系统名")],
    under: Annotated[str | None, typer.Option(help="管到哪个机关（代码）；不写则全部机关")] = None,
    days: Annotated[int, typer.Option(help="有效天数", min=1, max=MOST_DAYS)] = DEFAULT_DAYS,
    network: Annotated[list[str] | None, typer.Option(help="只许从这个地址或网段使用；可写多次")] = None,
) -> None:
    """发放令牌，打印在标准输出。Issue a token and print it, alone, on standard output."""
    settings = _settings()
    with _explained():
        wanted = _wanted(
            {"holder": holder, "role": role, "agency": under, "days": days, "networks": network or []}
        )
        with _database(settings).writing() as session:
            _, secret = tokens.issue(session, settings.hashing, COMMAND_LINE, wanted)
    typer.echo(secret.text)


def _wanted(said: Mapping[str, object]) -> TokenWanted:
    """Return what a token is to be, held to what the API asks as well.

    Raises:
        InvalidRequest: a name or a network can't be used.
    """
    try:
        body = TokenBody.model_validate(said)
    except ValidationError as wrong:
        raise invalid(wrong.errors(), TokenBody, inside="body") from wrong
    return TokenWanted(body.holder, body.role, body.agency, body.days, tuple(body.networks))


@token.command("list")
def list_tokens() -> None:
    """列出令牌。List the tokens that were issued; their secrets aren't kept."""
    with _explained(), _database(_settings()).reading() as session:
        for found in tokens.list_tokens(session, COMMAND_LINE, "", limit=None):
            state = "有效" if tokens.is_live(found.token, datetime.now(UTC)) else "已失效"
            reach = found.agency or "全部机关"
            kept = found.token
            until = kept.expires_at.astimezone(CHINA).date()
            typer.echo(f"{kept.id}  {state}  {kept.role}  {reach}  {kept.holder}  至 {until}")


@token.command("revoke")
def revoke_token(token_id: Annotated[str, typer.Argument(help="令牌的编号")]) -> None:
    """吊销令牌，立即失效。End a token at once."""
    with _explained(), _database(_settings()).writing() as session:
        tokens.revoke(session, COMMAND_LINE, token_id)


@audit.command("verify")
def verify_audit(
    anchors: Annotated[
        Path | None, typer.Option(help="以前用 audit head 记下的文件", exists=True, dir_okay=False)
    ] = None,
) -> None:
    """核对审计记录有没有被改动过。Check every chain; say where the first broken entry is."""
    settings = _settings()
    with _explained(), _database(settings).reading() as session:
        noted = [] if anchors is None else [_anchor(line) for line in anchors.read_text().splitlines()]
        checked = audit_trail.verify(session, COMMAND_LINE, settings.key, noted)
    for chain in checked:
        said = "完好" if chain.broken_at is None else f"第 {chain.broken_at} 条不对：{chain.fault}"
        typer.echo(f"{chain.chain}  核对 {chain.entries} 条，{said}")
    raise typer.Exit(0 if all(chain.broken_at is None for chain in checked) else WRONG)


def _anchor(line: str) -> Anchor:
    chain, _, rest = line.partition(" ")
    number, _, digest = rest.partition(" ")
    if not number.isdecimal():
        raise InvalidRequest(f"“{line}”不是 audit head 打印的一行")
    return Anchor(chain, int(number), digest)


@audit.command("head")
def show_audit_heads() -> None:
    """打印每条链的末端，可抄存在别处。Print the end of every chain, to be kept elsewhere."""
    settings = _settings()
    with _explained(), _database(settings).reading() as session:
        for chain in audit_trail.list_heads(session):
            typer.echo(f"{chain.chain} {chain.number} {chain.hash}")


@audit.command("prune")
def prune_audit(
    before: Annotated[datetime, typer.Option(help="清理这一天以前的", formats=["%Y-%m-%d"])],
) -> None:
    """清理旧的审计记录，留下签名。Remove old entries; a signed checkpoint stays."""
    settings = _settings()
    with _explained(), _database(settings).writing() as session:
        day = before.replace(tzinfo=CHINA)
        typer.echo(f"清理了 {audit_trail.prune(session, COMMAND_LINE, settings.key, day)} 条")
