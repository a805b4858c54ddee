"""Who is calling, tokens, and signed addresses."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, cast

from fastapi import Path, Request, Response

from app.auth.tokens import Hashing, Secret
from app.deps import LIMIT, CurrentActor, CurrentDatabase, CurrentReader, Cursor, Limit, routes_of
from app.routers.answers import failures, page_of
from app.schemas.access import (
    LinkBody,
    LinkOut,
    MeOut,
    RightOut,
    RotationBody,
    TokenBody,
    TokenIssued,
    TokenOut,
    TokenPage,
)
from app.schemas.pages import read_cursor
from app.services import links, tokens
from app.services.tokens import TokenFound, TokenWanted
from app.storage.engine import WriteSession
from app.storage.models import Agency
from app.writing import Write, WriteOnce

router = routes_of("登录与令牌")

TokenId = Annotated[str, Path(description="令牌的编号（不是令牌本身）", pattern="^[0-9A-Za-z]{1,32}$")]


@router.get("/me", summary="我是谁，能做什么", responses=failures(422))
def get_me(database: CurrentDatabase, actor: CurrentReader) -> MeOut:
    """持有人、角色、管到哪个机关、有哪些权限。"""
    agency = None
    if actor.under is not None:
        with database.reading() as session:
            agency = session.get_one(Agency, actor.under)
    return MeOut(
        holder=actor.holder,
        role=actor.role,
        agency=None if agency is None else agency.code,
        name=None if agency is None else agency.name,
        rights=[RightOut(name=right, label=right.label) for right in sorted(actor.rights)],
        credential=actor.credential,
        expires_at=actor.expires_at,
    )


@router.post("/tokens", status_code=201, summary="发放令牌", responses=failures(400, 413, 415, 422))
def issue_token(
    body: TokenBody, request: Request, response: Response, write: WriteOnce, actor: CurrentActor
) -> TokenIssued:
    """发放一个令牌。令牌本身只在这一次的回答里，系统只存它的散列值。"""
    wanted = TokenWanted(body.holder, body.role, body.agency, body.days, tuple(body.networks))

    def issue(session: WriteSession) -> TokenIssued:
        return _issued(*tokens.issue(session, _hashing(request), actor, wanted), response)

    return write(issue)


def _hashing(request: Request) -> Hashing:
    return cast("Hashing", request.app.state.hashing)


def _issued(found: TokenFound, secret: Secret, response: Response) -> TokenIssued:
    response.headers["Cache-Control"] = "no-store"
    return TokenIssued(**_out(found).model_dump(), token=secret.text)


def _out(found: TokenFound) -> TokenOut:
    token = found.token
    return TokenOut.model_validate(
        {**token.model_dump(), "agency": found.agency, "networks": list(tokens.networks_of(token))}
    )


@router.get("/tokens", summary="令牌列表", responses=failures(422))
def list_tokens(
    request: Request,
    response: Response,
    database: CurrentDatabase,
    actor: CurrentReader,
    cursor: Cursor = None,
    limit: Limit = LIMIT,
) -> TokenPage:
    """您管到的机关的令牌，按编号排序；吊销、过期的也在内。"""
    (after,) = read_cursor(cursor, [""])
    with database.reading() as session:
        found = tokens.list_tokens(session, actor, str(after), limit + 1)
        shown, page = page_of(request, response, found, limit, lambda each: [each.token.id])
        items = [_out(each) for each in shown]
    return TokenPage(items=items, page=page)


@router.post(
    "/tokens/{token_id}/rotation",
    status_code=201,
    summary="更换令牌",
    responses=failures(400, 404, 413, 415, 422),
)
def rotate_token(
    token_id: TokenId,
    body: RotationBody,
    request: Request,
    response: Response,
    write: WriteOnce,
    actor: CurrentActor,
) -> TokenIssued:
    """发放一个同样的新令牌；旧的再用一段时间就失效。自己的令牌自己可以更换。"""
    overlap = timedelta(hours=body.overlap_hours)

    def rotate(session: WriteSession) -> TokenIssued:
        return _issued(*tokens.rotate(session, _hashing(request), actor, token_id, overlap), response)

    return write(rotate)


@router.delete("/tokens/{token_id}", status_code=204, summary="吊销令牌", responses=failures(404, 422))
def revoke_token(token_id: TokenId, write: Write, actor: CurrentActor) -> None:
    """立即失效，不能恢复。自己的令牌自己可以吊销。"""
    write(lambda session: tokens.revoke(session, actor, token_id))


@router.post("/links", status_code=201, summary="生成下载地址", responses=failures(400, 413, 415, 422))
def create_link(
    body: LinkBody, request: Request, response: Response, write: WriteOnce, actor: CurrentActor
) -> LinkOut:
    """浏览器下载文件时不能带令牌：生成一个五分钟内可用一次的地址，谁拿到都能用，请勿转发。"""
    root = request.url.path.removesuffix("/links")

    def create(session: WriteSession) -> LinkOut:
        href, link = links.create_link(session, _hashing(request), actor, body.path, root)
        response.headers["Cache-Control"] = "no-store"
        return LinkOut(href=href, expires_at=link.expires_at)

    return write(create)
