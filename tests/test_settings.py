from __future__ import annotations

import pytest
from pydantic import ValidationError

from app.settings import PREFIX, Settings, WrongSetting, is_loopback, read_settings


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(PREFIX + name.upper(), raising=False)


def test_without_any_setting_the_service_stays_on_this_machine() -> None:
    settings = read_settings()
    assert settings.database_url == "sqlite:///nianbao.db"
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)
    assert not settings.allow_anonymous


def test_every_setting_is_taken_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {
        "DATABASE_URL": "postgresql+psycopg://somebody@db/nianbao",
        "HOST": "::1",
        "PORT": "0",
        "ALLOW_ANONYMOUS": "1",
        "MAX_BODY_BYTES": "1024",
        "POOL_SIZE": "3",
    }
    assert set(given) == {name.upper() for name in Settings.model_fields}
    for name, value in given.items():
        monkeypatch.setenv(PREFIX + name, value)
    settings = read_settings()
    assert settings.database_url == given["DATABASE_URL"]
    assert (settings.host, settings.port, settings.allow_anonymous) == ("::1", 0, True)
    assert (settings.max_body_bytes, settings.pool_size) == (1024, 3)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", "65536"),
        ("PORT", "-1"),
        ("MAX_BODY_BYTES", "1023"),
        ("MAX_BODY_BYTES", "10MB"),
        ("POOL_SIZE", "0"),
        ("POOL_SIZE", "1001"),
        ("ALLOW_ANONYMOUS", "perhaps"),
        ("DATABASE_URL", ""),
        ("DATABASE_URL", "nianbao.db"),
        ("DATABASE_URL", "mysql://root@localhost/nianbao"),
        ("DATABASE_URL", "postgresql://localhost/nianbao"),
        ("DATABASE_URL", "sqlite://"),
        ("DATABASE_URL", "sqlite:///:memory:"),
        ("DATABASE_URL", "sqlite:///file::memory:?cache=shared&uri=true"),
        ("DATABASE_URL", "sqlite:///file:nianbao?mode=memory&uri=true"),
        ("HOST", "0.0.0.0"),  # noqa: S104 - that is the point
        ("HOST", "::"),
        ("HOST", "192.168.1.7"),
        ("HOST", "nianbao.example.gov.cn"),
        ("HOST", "localhost.example.com"),
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


def test_another_machine_is_let_in_only_where_somebody_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NIANBAO_HOST", "0.0.0.0")  # noqa: S104 - that is the point
    with pytest.raises(WrongSetting, match="NIANBAO_ALLOW_ANONYMOUS=1"):
        read_settings()
    monkeypatch.setenv("NIANBAO_ALLOW_ANONYMOUS", "1")
    assert read_settings().host == "0.0.0.0"  # noqa: S104 - the same


def test_settings_never_change_once_read() -> None:
    settings = read_settings()
    with pytest.raises(ValidationError, match="frozen"):
        settings.port = 9000  # type: ignore[misc]
    assert settings.port == 8000


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_loopback_addresses_are_known(host: str) -> None:
    assert is_loopback(host)
