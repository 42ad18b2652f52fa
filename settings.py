"""Every setting, typed and frozen, from the environment. Read by app.py, cli/ and tests only."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

PROJECT_FOLDER = Path(__file__).resolve().parent


class Settings(BaseSettings):
    """Each field is read from METERBOOK_<NAME>; docs/settings.md explains them one by one."""

    model_config = SettingsConfigDict(env_prefix="METERBOOK_", frozen=True, extra="ignore")

    home: Path = PROJECT_FOLDER
    host: str = "127.0.0.1"
    port: int = Field(default=8050, ge=0, le=65535)
    timezone: str = ""
    """Zone of a home at its creation; empty means the home's own, Asia/Singapore for a new one."""
    min_group: int = Field(default=5, ge=2)
    database_url: SecretStr | None = None
    """Another database than the SQLite file in the home."""
    backups: Path | None = None
    """Where backups go that are not told where; a folder in the home unless set."""
    backups_kept: int = Field(default=0, ge=0)
    """How many backups stay in that folder when one is made there; 0 keeps all."""
    trusted_hosts: str = ""
    """Comma-separated host names this server answers to; empty: loopback and METERBOOK_HOST."""
    secure_cookies: bool = False
    """Set behind TLS: Secure and __Host- cookies, HSTS."""
    requests_per_minute: int = Field(default=3000, ge=1, le=10_000_000)
    """How often one person, or one address without a person, may ask."""
    key_requests_per_minute: int = Field(default=6000, ge=1, le=10_000_000)
    """How often one API key may ask."""


def what_is_refused(error: ValidationError) -> tuple[str, str]:
    """The name of the first setting that is not valid, and a sentence on its value and rule."""
    first = error.errors()[0]
    field = "_".join(str(part) for part in first["loc"])
    name = f"METERBOOK_{field.upper()}"
    value = "" if field == "database_url" else f" {str(first['input'])!r}"
    return name, f"{name}{value} is not valid: {first['msg'].removesuffix('.')}."
