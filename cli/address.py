"""Where people reach the server, as far as the settings tell."""

from __future__ import annotations

from settings import Settings


def server_address(settings: Settings, port: int) -> str:
    """The address to open on this machine, without a slash at its end."""
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104 - compared
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def set_up_address(settings: Settings, token: str) -> str:
    """The page on which the owner of a one-time link sets a password."""
    return f"{server_address(settings, settings.port)}/set-up/{token}"
