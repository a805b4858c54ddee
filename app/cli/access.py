"""Tokens."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import ValidationError

from app.auth.actor import COMMAND_LINE
from app.cli.running import existing_database, explained, migrated_database, settings_read
from app.domain.deadlines import CHINA
from app.domain.roles import DEFAULT_DAYS, MOST_DAYS, Role
from app.schemas.access import TokenBody
from app.schemas.problems import invalid
from app.services import tokens
from app.services.tokens import TokenWanted

if TYPE_CHECKING:
    from collections.abc import Mapping

token = typer.Typer(help="令牌。Issue, list and revoke tokens.", no_args_is_help=True, rich_markup_mode=None)


@token.command("issue")
def issue_token(
    role: Annotated[Role, typer.Option(help="角色")],
    holder: Annotated[str, typer.Option(help="持有人：人名或系统名")],
    under: Annotated[str | None, typer.Option(help="管到哪个机关（代码）；不写则全部机关")] = None,
    days: Annotated[int, typer.Option(help="有效天数", min=1, max=MOST_DAYS)] = DEFAULT_DAYS,
    network: Annotated[list[str] | None, typer.Option(help="只许从这个地址或网段使用；可写多次")] = None,
) -> None:
    """发放令牌，打印在标准输出。Issue a token and print it, alone, on standard output."""
    settings = settings_read()
    with explained():
        wanted = _wanted(
            {"holder": holder, "role": role, "agency": under, "days": days, "networks": network or []}
        )
        # the first token may be the first thing that is done with a database
        with migrated_database(settings).writing() as session:
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
    with explained(), existing_database(settings_read()).reading() as session:
        for found in tokens.list_tokens(session, COMMAND_LINE, "", limit=None):
            state = "有效" if tokens.is_live(found.token, datetime.now(UTC)) else "已失效"
            reach = found.agency or "全部机关"
            kept = found.token
            until = kept.expires_at.astimezone(CHINA).date()
            typer.echo(f"{kept.id}  {state}  {kept.role}  {reach}  {kept.holder}  至 {until}")


@token.command("revoke")
def revoke_token(token_id: Annotated[str, typer.Argument(help="令牌的编号")]) -> None:
    """吊销令牌，立即失效。End a token at once."""
    with explained(), existing_database(settings_read()).writing() as session:
        tokens.revoke(session, COMMAND_LINE, token_id)


COMMANDS = {"token": token}
