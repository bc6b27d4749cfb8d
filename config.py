"""
Secrets and addresses of servers.  The only file that reads the environment.

Everything a fund decides stands in ``fund.toml`` instead.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent


class BadSetting(Exception):
    """A setting is missing or cannot be used; the text says which and what to do."""


@dataclass(frozen=True)
class Config:
    """What one process must know to run.  Addresses are URLs; folders are absolute."""

    database_url: str
    owner_url: str
    redis_url: str
    secret_key: str
    practice: bool
    production: bool
    base_url: str
    port: int
    fund_file: Path
    var: Path
    smtp_url: str
    mail_from: str
    core_url: str
    core_user: str
    core_password: str
    core_agent: str
    #: How many proxies of our own stand before the portal; their word on who asks is then taken.
    proxies: int = 0
    testing: bool = False

    @property
    def secure(self) -> bool:
        """Whether visitors come over TLS: cookies are then tied to it."""
        return self.base_url.startswith("https://")


def from_environment(environ: Mapping[str, str] | None = None) -> Config:
    """Read the settings.  Raises `BadSetting` with one clear line each time something does not fit."""
    env = os.environ if environ is None else environ
    production = env.get("PORTAL_ENV", "practice") == "production"
    practice = env.get("PRACTICE", "no" if production else "yes").lower() in {"1", "yes", "true", "on"}
    if production and practice:
        raise BadSetting(
            "PRACTICE=yes cannot be combined with PORTAL_ENV=production: practice mode lets anyone sign in."
        )
    port = _port(env.get("PORT", "8000"))
    secret = env.get("SECRET_KEY", "")
    if production and len(secret) < 32:
        raise BadSetting("SECRET_KEY must be set to at least 32 random characters when PORTAL_ENV=production.")
    return Config(
        database_url=env.get("DATABASE_URL", ""),
        owner_url=env.get("OWNER_URL", "") or env.get("DATABASE_URL", ""),
        redis_url=env.get("REDIS_URL", ""),
        secret_key=secret or "practice-only-and-public-because-practice-mode-has-no-secrets",
        practice=practice,
        production=production,
        base_url=env.get("BASE_URL", f"http://localhost:{port}").rstrip("/"),
        port=port,
        fund_file=Path(env.get("FUND_FILE", ROOT / "fund.toml")),
        var=Path(env.get("VAR_DIR", ROOT / "var")).resolve(),
        smtp_url=env.get("SMTP_URL", ""),
        mail_from=env.get("MAIL_FROM", "portal@localhost"),
        core_url=env.get("CORE_URL", "").rstrip("/"),
        core_user=env.get("CORE_USER", "portal"),
        core_password=env.get("CORE_PASSWORD", "practice"),
        core_agent=env.get("CORE_AGENT", "contribution-portal"),
        proxies=_count(env.get("TRUSTED_PROXIES", "0")),
    )


def _count(text: str) -> int:
    if not text.isdigit() or int(text) > 5:
        raise BadSetting(f"TRUSTED_PROXIES must be a number from 0 to 5, not {text!r}.")
    return int(text)


def _port(text: str) -> int:
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise BadSetting(f"PORT must be a number from 1 to 65535, not {text!r}.")
    return int(text)
