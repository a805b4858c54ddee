from __future__ import annotations

import pytest
from pydantic import ValidationError

from app.auth.networks import networks_in
from app.auth.provider import Provider
from app.auth.tokens import Hashing
from app.domain.roles import Role
from app.settings import PREFIX, Settings, WrongSetting, is_loopback, read_settings
from app.storage.digests import Digest
from app.storage.engine import Patience


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(PREFIX + name.upper(), raising=False)


def test_without_any_setting_the_service_stays_on_this_machine() -> None:
    settings = read_settings()
    assert settings.database_url == "sqlite:///nianbao.db"
    assert not settings.allow_unsafe_database
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)
    assert (settings.digest, settings.key, settings.proxies, settings.provider) == ("sha256", b"", (), None)


def test_every_setting_is_taken_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {
        "DATABASE_URL": "postgresql+psycopg://somebody@db/nianbao",
        "ALLOW_UNSAFE_DATABASE": "true",
        "HOST": "::1",
        "PORT": "0",
        "LOG_LEVEL": "warning",
        "ALLOWED_ORIGINS": "https://portal.example.gov.cn, http://127.0.0.1:5173",
        "MAX_URL_BYTES": "2048",
        "MAX_HEADERS": "50",
        "MAX_HEAD_BYTES": "4096",
        "MAX_BODY_BYTES": "1024",
        "MAX_JSON_DEPTH": "9",
        "HEAD_SECONDS": "1.5",
        "BODY_SECONDS": "2",
        "SEND_SECONDS": "2.5",
        "KEEP_ALIVE_SECONDS": "3",
        "GRACE_SECONDS": "4",
        "POOL_SIZE": "3",
        "MAX_RUNNING": "2",
        "MAX_WAITING": "0",
        "MAX_WAIT_SECONDS": "5",
        "MAX_OF_ONE_CLIENT": "1",
        "EXPORT_WORKERS": "0",
        "EXPORT_WAITING": "7",
        "EXPORT_WAIT_SECONDS": "8",
        "EXPORT_SECONDS": "9",
        "POOL_SECONDS": "0.5",
        "LOCK_SECONDS": "6",
        "STATEMENT_SECONDS": "7",
        "IDLE_SECONDS": "8",
        "DIGEST": "sm3",
        "SECRET_KEY": "k" * 32,
        "TRUSTED_PROXIES": "10.0.0.1, 10.1.0.0/16",
        "LOCKOUT_FAILURES": "3",
        "LOCKOUT_SECONDS": "60",
        "WEBHOOK_WORKERS": "2",
        "WEBHOOK_NETWORKS": "10.9.0.0/16",
        "OIDC_ISSUER": "https://id.example.gov.cn",
        "OIDC_AUDIENCE": "nianbao",
        "OIDC_JWKS_URL": "https://id.example.gov.cn/keys",
        "OIDC_ALGORITHMS": "ES256",
        "OIDC_HOLDER_CLAIM": "employee",
        "OIDC_ROLE_CLAIM": "realm_access.roles",
        "OIDC_AGENCY_CLAIM": "unit",
        "OIDC_ROLES": "shenhe=reviewer, tianbao=reporter",
    }
    assert set(given) == {name.upper() for name in Settings.model_fields}
    for name, value in given.items():
        monkeypatch.setenv(PREFIX + name, value)
    settings = read_settings()
    assert settings.database_url == given["DATABASE_URL"]
    assert settings.allow_unsafe_database
    assert (settings.host, settings.port) == ("::1", 0)
    assert (settings.max_body_bytes, settings.max_json_depth, settings.pool_size) == (1024, 9, 3)
    assert (settings.max_running, settings.max_waiting, settings.max_wait_seconds) == (2, 0, 5)
    assert (settings.max_of_one_client, settings.export_workers, settings.export_waiting) == (1, 0, 7)
    assert (settings.export_wait_seconds, settings.export_seconds) == (8, 9)
    assert (settings.max_url_bytes, settings.max_headers, settings.max_head_bytes) == (2048, 50, 4096)
    assert (settings.head_seconds, settings.body_seconds, settings.send_seconds) == (1.5, 2, 2.5)
    assert (settings.keep_alive_seconds, settings.grace_seconds) == (3, 4)
    assert settings.patience == Patience(pool=0.5, lock=6, statement=7, idle=8)
    assert settings.origins == {"https://portal.example.gov.cn", "http://127.0.0.1:5173"}
    assert settings.log_level == "warning"
    assert settings.hashing == Hashing(Digest.SM3, b"k" * 32)
    assert settings.proxies == networks_in(["10.0.0.1", "10.1.0.0/16"])
    assert (settings.lockout_failures, settings.lockout_seconds) == (3, 60)
    assert (settings.webhook_workers, settings.reachable) == (2, networks_in(["10.9.0.0/16"]))
    assert settings.provider == Provider(
        issuer="https://id.example.gov.cn",
        audience="nianbao",
        jwks_url="https://id.example.gov.cn/keys",
        algorithms=("ES256",),
        holder_claim="employee",
        role_claim="realm_access.roles",
        agency_claim="unit",
        roles={"shenhe": "reviewer", "tianbao": "reporter"},
    )


def test_the_key_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NIANBAO_SECRET_KEY", "secret" * 6)
    assert "secretsecret" not in repr(read_settings())
    assert "secretsecret" not in repr(read_settings().hashing)


def test_without_a_mapping_roles_are_called_as_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NIANBAO_OIDC_ISSUER", "http://127.0.0.1:9000")
    monkeypatch.setenv("NIANBAO_OIDC_AUDIENCE", "nianbao")
    provider = read_settings().provider
    assert provider is not None
    assert provider.roles == {role.value: role.value for role in Role}
    assert (provider.algorithms, provider.jwks_url) == (("RS256", "ES256"), None)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"DIGEST": "sm3"}, "NIANBAO_SECRET_KEY"),
        ({"OIDC_ISSUER": "https://id.example.gov.cn"}, "NIANBAO_OIDC_AUDIENCE"),
        ({"OIDC_AUDIENCE": "nianbao"}, "NIANBAO_OIDC_ISSUER"),
    ],
)
def test_settings_that_belong_together_are_asked_for_together(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], named: str
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(PREFIX + name, value)
    with pytest.raises(WrongSetting, match=named):
        read_settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", "65536"),
        ("PORT", "-1"),
        ("MAX_BODY_BYTES", "1023"),
        ("MAX_BODY_BYTES", "10MB"),
        ("MAX_URL_BYTES", "1"),
        ("MAX_HEADERS", "0"),
        ("MAX_HEAD_BYTES", "1"),
        ("HEAD_SECONDS", "0"),
        ("BODY_SECONDS", "inf"),
        ("KEEP_ALIVE_SECONDS", "0"),
        ("GRACE_SECONDS", "1.5"),
        ("POOL_SECONDS", "-1"),
        ("LOCK_SECONDS", "nan"),
        ("STATEMENT_SECONDS", "3601"),
        ("IDLE_SECONDS", "never"),
        ("LOG_LEVEL", "chatty"),
        ("ALLOWED_ORIGINS", "*"),
        ("ALLOWED_ORIGINS", "null"),
        ("ALLOWED_ORIGINS", "https://portal.example.gov.cn/"),
        ("ALLOWED_ORIGINS", "portal.example.gov.cn"),
        ("POOL_SIZE", "0"),
        ("POOL_SIZE", "1001"),
        ("MAX_RUNNING", "0"),
        ("MAX_RUNNING", "33"),
        ("MAX_WAITING", "-1"),
        ("MAX_OF_ONE_CLIENT", "0"),
        ("EXPORT_WORKERS", "17"),
        ("EXPORT_SECONDS", "0"),
        ("DIGEST", "md5"),
        ("SECRET_KEY", "short"),
        ("TRUSTED_PROXIES", "gateway.example.gov.cn"),
        ("TRUSTED_PROXIES", "10.0.0.1/8"),
        ("LOCKOUT_FAILURES", "0"),
        ("LOCKOUT_SECONDS", "0"),
        ("OIDC_ISSUER", "http://id.example.gov.cn"),
        ("OIDC_JWKS_URL", "ftp://127.0.0.1/keys"),
        ("OIDC_ALGORITHMS", "HS256"),
        ("OIDC_ALGORITHMS", "none"),
        ("OIDC_ALGORITHMS", ""),
        ("OIDC_ROLES", "shenhe=judge"),
        ("OIDC_ROLES", "shenhe"),
        ("DATABASE_URL", ""),
        ("DATABASE_URL", "nianbao.db"),
        ("DATABASE_URL", "mysql://root@localhost/nianbao"),
        ("DATABASE_URL", "postgresql://localhost/nianbao"),
        ("DATABASE_URL", "sqlite://"),
        ("DATABASE_URL", "sqlite:///:memory:"),
        ("DATABASE_URL", "sqlite:///file::memory:?cache=shared&uri=true"),
        ("DATABASE_URL", "sqlite:///file:nianbao?mode=memory&uri=true"),
        ("HOST", ""),
    ],
)
def test_a_wrong_setting_is_refused_by_its_name(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(PREFIX + name, value)
    with pytest.raises(WrongSetting, match=f"^{PREFIX}{name}\\b"):
        read_settings()


def test_all_wrong_settings_are_named_at_once_and_no_password_is_repeated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NIANBAO_PORT", "x")
    monkeypatch.setenv("NIANBAO_DATABASE_URL", "oracle://scott:tiger@db/nianbao")
    with pytest.raises(WrongSetting) as refused:
        read_settings()
    lines = str(refused.value).splitlines()
    assert [line.partition(":")[0] for line in lines] == ["NIANBAO_DATABASE_URL", "NIANBAO_PORT"]
    assert "tiger" not in str(refused.value)


def test_settings_never_change_once_read() -> None:
    settings = read_settings()
    with pytest.raises(ValidationError, match="frozen"):
        settings.port = 9000  # type: ignore[misc]
    assert settings.port == 8000


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_loopback_addresses_are_known(host: str) -> None:
    assert is_loopback(host)
