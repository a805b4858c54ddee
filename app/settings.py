"""The service's settings: read once from the environment (prefix `NIANBAO_`), checked, then passed down."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from app.auth.networks import Networks, is_within, networks_in
from app.auth.provider import KEY_KINDS, Provider
from app.auth.tokens import Hashing
from app.domain.roles import Role
from app.storage.digests import Digest
from app.storage.engine import Patience

PREFIX = "NIANBAO_"
SHORTEST_KEY = 32
LOOPBACK = networks_in(["127.0.0.0/8", "::1"])
DIALECTS = {"sqlite", "postgresql+psycopg"}


_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:[0-9]+)?|https?://\[[0-9a-f:]+\](:[0-9]+)?")
Seconds = Annotated[float, Field(gt=0, le=3600)]
WholeSeconds = Annotated[int, Field(ge=1, le=3600)]


class WrongSetting(Exception):  # noqa: N818 - named for what it tells the operator
    """A setting that the service can't start with; the message names it."""


class Settings(BaseSettings):
    """Everything that an operator can set."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    database_url: str = Field(
        "sqlite:///nianbao.db",
        description="Where the data lies: `sqlite:///FILE` or `postgresql+psycopg://USER@HOST/DATABASE`",
    )
    allow_unsafe_database: bool = Field(
        default=False,
        description="Serve although the database can lose what it acknowledged; for trials only",
    )
    host: Annotated[str, Field(min_length=1)] = Field("127.0.0.1", description="Address to listen on")
    port: Annotated[int, Field(ge=0, le=65535)] = Field(
        8000, description="Port to listen on; 0 takes a free one"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="From which level on lines are logged: `debug`, `info`, `warning` or `error`"
    )
    allowed_origins: str = Field(
        "",
        description="Whose pages may call from browsers (CORS): `https://portal.example,…`; none by default",
    )

    max_url_bytes: Annotated[int, Field(ge=256)] = Field(
        8192, description="Longest address of a request, its query included, in bytes"
    )
    max_headers: Annotated[int, Field(ge=10)] = Field(100, description="Most headers of a request")
    max_head_bytes: Annotated[int, Field(ge=1024)] = Field(
        32768, description="Most that a request's headers may be together, in bytes"
    )
    max_body_bytes: Annotated[int, Field(ge=1024)] = Field(
        10 * 1024 * 1024, description="Largest request body, in bytes"
    )
    max_json_depth: Annotated[int, Field(ge=8, le=200)] = Field(
        64, description="Most levels of objects and arrays in a request body"
    )
    head_seconds: Seconds = Field(
        10, description="For how long a connection may take to send a request's headers, in seconds"
    )
    body_seconds: Seconds = Field(
        60, description="For how long a request's body may take to arrive, in seconds"
    )
    send_seconds: Seconds = Field(
        60, description="For how long a caller may leave untaken what was sent, in seconds"
    )
    keep_alive_seconds: WholeSeconds = Field(
        75, description="For how long an idle connection is kept; longer than the gateway keeps it"
    )
    grace_seconds: WholeSeconds = Field(
        30, description="For how long what has begun may go on after SIGTERM, in seconds"
    )

    pool_size: Annotated[int, Field(ge=1, le=1000)] = Field(
        40, description="Database connections of one process; at least as many as it has threads"
    )
    max_running: Annotated[int, Field(ge=1, le=32)] = Field(
        8, description="Requests that are worked on at once, but no more than there are connections"
    )
    max_waiting: Annotated[int, Field(ge=0, le=10_000)] = Field(
        100, description="Requests that may wait behind them; more are answered with 503"
    )
    max_wait_seconds: Annotated[int, Field(ge=1)] = Field(
        10, description="How long a request may wait before it is answered with 503, in seconds"
    )
    max_of_one_client: Annotated[int, Field(ge=1)] = Field(
        64, description="Requests of one address, worked on or waiting; more are answered with 429"
    )
    export_workers: Annotated[int, Field(ge=0, le=16)] = Field(
        1, description="Processes that make workbooks; 0 makes them in the service itself, one at a time"
    )
    export_waiting: Annotated[int, Field(ge=0, le=1000)] = Field(
        32, description="Workbooks that may wait to be made, half of them for one address; then 503 or 429"
    )
    export_wait_seconds: Annotated[int, Field(ge=1)] = Field(
        30, description="How long each of them may wait, in seconds"
    )
    export_seconds: Annotated[int, Field(ge=1)] = Field(
        120, description="How long the making of a workbook may take, in seconds"
    )
    pool_seconds: Seconds = Field(
        5, description="For how long a request waits for one of them before it is answered with 503"
    )
    lock_seconds: Seconds = Field(
        5, description="For how long a statement waits for other writers before it is answered with 503"
    )
    statement_seconds: Seconds = Field(
        30, description="For how long a statement may take before it is stopped and answered with 503"
    )
    idle_seconds: Seconds = Field(
        60, description="For how long a transaction may do nothing before PostgreSQL ends it"
    )

    digest: Digest = Field(
        Digest.SHA256, description="`sha256`, or `sm3`: of tokens (HMAC-SM3) and of the audit trail"
    )
    secret_key: SecretStr = Field(
        SecretStr(""),
        description=(
            "Key of HMAC-SM3, of webhooks and of the signature under a pruned audit trail; "
            "32 characters at least"
        ),
    )
    trusted_proxies: str = Field(
        "",
        description="Addresses or networks of your own gateways, with commas: their X-Forwarded-For counts",
    )
    lockout_failures: Annotated[int, Field(ge=1)] = Field(
        10, description="Failed logins from one address before it is shut out"
    )
    lockout_seconds: Annotated[int, Field(ge=1)] = Field(
        300, description="For how long it is shut out, in seconds"
    )
    webhook_workers: Annotated[int, Field(ge=0, le=64)] = Field(
        8, description="Webhooks that one process delivers to at once; 0 leaves that to other processes"
    )
    webhook_networks: str = Field(
        "",
        description=(
            "Networks of your own, with commas, that webhooks may go to, also by plain HTTP; "
            "otherwise public addresses and HTTPS only"
        ),
    )
    oidc_issuer: str = Field(
        "", description="Your identity provider (OpenID Connect); without it, tokens only"
    )
    oidc_audience: str = Field("", description="What its tokens must be meant for; set it with the issuer")
    oidc_jwks_url: str = Field("", description="Where its keys are; found through the issuer if not said")
    oidc_algorithms: str = Field("RS256,ES256", description="Signatures that are accepted, with commas")
    oidc_holder_claim: str = Field("sub", description="Claim that names the person")
    oidc_role_claim: str = Field("nianbao_role", description="Claim that holds the role; may be a path a.b")
    oidc_agency_claim: str = Field("nianbao_agency", description="Claim that holds the agency's code")
    oidc_roles: str = Field(
        "", description="How its roles are called here: `theirs=reviewer,…`; without it, the same"
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

    @field_validator("trusted_proxies", "webhook_networks")
    @classmethod
    def _are_networks(cls, networks: str) -> str:
        networks_in(_parts_of(networks))
        return networks

    @field_validator("allowed_origins")
    @classmethod
    def _are_origins(cls, origins: str) -> str:
        for origin in _parts_of(origins):
            if not _ORIGIN.fullmatch(origin):
                message = f"{origin} isn't an origin such as https://portal.example (no path, no *)"
                raise ValueError(message)
        return origins

    @field_validator("secret_key")
    @classmethod
    def _is_long_enough(cls, key: SecretStr) -> SecretStr:
        if 0 < len(key.get_secret_value()) < SHORTEST_KEY:
            message = f"it is shorter than {SHORTEST_KEY} characters"
            raise ValueError(message)
        return key

    @field_validator("oidc_issuer", "oidc_jwks_url")
    @classmethod
    def _is_safe_address(cls, url: str) -> str:
        parts = urlsplit(url)
        is_safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
        if url and not is_safe:
            message = "it must begin with https://, so that nobody can put keys of their own in between"
            raise ValueError(message)
        return url

    @field_validator("oidc_algorithms")
    @classmethod
    def _are_signatures(cls, names: str) -> str:
        unknown = set(_parts_of(names)) - set(KEY_KINDS)
        if unknown or not _parts_of(names):
            message = f"{', '.join(sorted(unknown)) or 'nothing'} isn't among {', '.join(KEY_KINDS)}"
            raise ValueError(message)
        return names

    @field_validator("oidc_roles")
    @classmethod
    def _are_roles(cls, mapping: str) -> str:
        _roles_in(mapping)
        return mapping

    @model_validator(mode="after")
    def _belong_together(self) -> Self:
        if self.digest is Digest.SM3 and not self.key:
            message = f"{PREFIX}DIGEST=sm3 needs {PREFIX}SECRET_KEY as well: tokens are kept as HMAC-SM3"
            raise ValueError(message)
        if bool(self.oidc_issuer) != bool(self.oidc_audience):
            message = f"{PREFIX}OIDC_ISSUER and {PREFIX}OIDC_AUDIENCE are set together or not at all"
            raise ValueError(message)
        return self

    @property
    def key(self) -> bytes:
        """The secret key; empty where there is none."""
        return self.secret_key.get_secret_value().encode()

    @property
    def hashing(self) -> Hashing:
        """How the secrets of tokens are digested."""
        return Hashing(self.digest, self.key)

    @property
    def proxies(self) -> Networks:
        """The gateways that are believed."""
        return networks_in(_parts_of(self.trusted_proxies))

    @property
    def origins(self) -> frozenset[str]:
        """The origins whose pages may call."""
        return frozenset(_parts_of(self.allowed_origins))

    @property
    def patience(self) -> Patience:
        """How long a request waits for the database."""
        return Patience(self.pool_seconds, self.lock_seconds, self.statement_seconds, self.idle_seconds)

    @property
    def reachable(self) -> Networks:
        """The networks that webhooks may go to though they aren't public."""
        return networks_in(_parts_of(self.webhook_networks))

    @property
    def provider(self) -> Provider | None:
        """The identity provider, if there is one."""
        if not self.oidc_issuer:
            return None
        return Provider(
            issuer=self.oidc_issuer,
            audience=self.oidc_audience,
            jwks_url=self.oidc_jwks_url or None,
            algorithms=tuple(_parts_of(self.oidc_algorithms)),
            holder_claim=self.oidc_holder_claim,
            role_claim=self.oidc_role_claim,
            agency_claim=self.oidc_agency_claim,
            roles=_roles_in(self.oidc_roles) or {role.value: role.value for role in Role},
        )


def is_loopback(host: str) -> bool:
    """Tell whether an address is this machine's own."""
    return host == "localhost" or is_within(host, LOOPBACK)


def _parts_of(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _roles_in(text: str) -> dict[str, str]:
    pairs = [part.partition("=") for part in _parts_of(text)]
    return {theirs.strip(): Role(ours.strip()).value for theirs, _, ours in pairs}


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
