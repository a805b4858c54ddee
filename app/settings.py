"""The service's settings: read once from the environment (prefix `NIANBAO_`), checked, then passed down."""

from __future__ import annotations

import ipaddress
from typing import Annotated, Self

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

PREFIX = "NIANBAO_"
DIALECTS = {"sqlite", "postgresql+psycopg"}


class WrongSetting(Exception):  # noqa: N818 - named for what it tells the operator
    """A setting that the service can't start with; the message names it."""


class Settings(BaseSettings):
    """Everything that an operator can set."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    database_url: str = Field(
        "sqlite:///nianbao.db",
        description="Where the data lies: `sqlite:///FILE` or `postgresql+psycopg://USER@HOST/DATABASE`",
    )
    host: str = Field("127.0.0.1", description="Address to listen on")
    port: Annotated[int, Field(ge=0, le=65535)] = Field(
        8000, description="Port to listen on; 0 takes a free one"
    )
    allow_anonymous: bool = Field(
        default=False, description="Listen beyond this machine although nobody has to sign in yet"
    )
    max_body_bytes: Annotated[int, Field(ge=1024)] = Field(
        10 * 1024 * 1024, description="Largest request body, in bytes"
    )
    pool_size: Annotated[int, Field(ge=1, le=1000)] = Field(
        40, description="Database connections of one process; at least as many as it has threads"
    )

    @field_validator("database_url")
    @classmethod
    def _is_known_database(cls, url: str) -> str:
        try:
            parsed = make_url(url)
        except ArgumentError as wrong:
            message = "it isn't a database address"
            raise ValueError(message) from wrong
        if parsed.drivername not in DIALECTS:
            message = (
                f"it begins with {parsed.drivername}, and only {' and '.join(sorted(DIALECTS))} are known"
            )
            raise ValueError(message)
        in_memory = ":memory:" in (parsed.database or ":memory:") or parsed.query.get("mode") == "memory"
        if parsed.drivername == "sqlite" and in_memory:
            message = "it names no file, and a database in memory loses everything"
            raise ValueError(message)
        return url

    @model_validator(mode="after")
    def _stays_on_this_machine(self) -> Self:
        if not is_loopback(self.host) and not self.allow_anonymous:
            message = (
                f"{PREFIX}HOST={self.host} would let everybody in, since nobody has to sign in yet: "
                f"listen on 127.0.0.1, or say {PREFIX}ALLOW_ANONYMOUS=1"
            )
            raise ValueError(message)
        return self


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can reach an address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def read_settings() -> Settings:
    """Read the settings from the environment.

    Raises:
        WrongSetting: one or more can't be used; the message names each.
    """
    try:
        return Settings()
    except ValidationError as wrong:
        raise WrongSetting("\n".join(_explain(wrong))) from wrong


def _explain(wrong: ValidationError) -> list[str]:
    lines = []
    for error in wrong.errors(include_url=False, include_input=False):
        name = PREFIX + "_".join(str(part) for part in error["loc"]).upper() if error["loc"] else ""
        message = error["msg"].removeprefix("Value error, ")
        lines.append(f"{name}: {message}" if name else message)
    return lines
