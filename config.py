"""
Secrets and addresses of servers.  The only file that reads the environment.

Everything a fund decides stands in ``fund.toml`` instead.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent
DATABASE = ("postgresql://", "postgres://", "postgresql+psycopg://")
WEB = ("http://", "https://")
#: Signs what a practice portal gives to browsers; everybody may read it.
PUBLIC_SECRET = "practice-only-and-public-because-practice-mode-has-no-secrets"  # noqa: S105  # known to be public
#: Signs the messages of the practice gateway, which moves no money.
PUBLIC_GATEWAY_KEY = "practice:known-to-everybody-and-moves-no-money"
#: Below the folder of this machine's files: the secret of a fund that was made here.
SECRET_FILE = "secret-key"  # noqa: S105  # a name of a file
#: Characters of a word that opens something.
SHORTEST_WORD = 24
#: What a portal on one machine may start with, and the fund's file of each: the practice fund, the same in Nepal, or
#: nothing but what `flask fund create` made.  Each has a folder and a database of its own.
FUNDS = {"practice": ROOT / "fund.toml", "none": None, "nepal": ROOT / "portal" / "demo" / "nepal" / "fund.toml"}


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
    #: What answers at the core's address when none is named and this is practice: "practice", or a "real" openIMIS.
    core: str = "practice"
    #: Where a test openIMIS started here keeps its data; empty: on a server of its own.
    core_database_url: str = ""
    #: One of `FUNDS`; always "none" in production.
    demo: str = "practice"
    #: Where text messages are written to; None: none are sent.
    sms_folder: Path | None = None
    #: How many proxies of our own stand before the portal; their word on who asks is then taken.
    proxies: int = 0
    #: Where the web processes of the supervisor listen, and how many they are.
    bind: str = "127.0.0.1"
    web_workers: int = 2
    testing: bool = False
    #: Where clamd listens; empty: uploads are not scanned.
    clamd_url: str = ""
    #: With this word a monitor may read the figures; empty: nobody may.
    metrics_token: str = ""
    #: What one account of the fund may read before it is stopped: persons in 24 hours, files in an hour.
    read_persons_a_day: int = 5000
    read_files_an_hour: int = 300
    #: Whether the fund's people must sign in with a second step; always in production.
    second_step: bool = False
    #: Where the fund's payment gateway answers, and the keys of its messages ("name:secret …", the first one signs).
    gateway_url: str = ""
    gateway_keys: str = ""

    @property
    def secure(self) -> bool:
        """Whether visitors come over TLS: cookies are then tied to it."""
        return self.base_url.startswith("https://")


def from_environment(environ: Mapping[str, str] | None = None) -> Config:
    """Read the settings.  Raises `BadSetting` with one clear line each time something does not fit."""
    env = os.environ if environ is None else environ
    production = _one_of(env, "PORTAL_ENV", ("practice", "production")) == "production"
    demo = _demo(env, production)
    core = _one_of(env, "CORE", ("practice", "real"))
    var = _var(env, production, demo, core)
    fund_file = Path(env.get("FUND_FILE") or FUNDS[demo] or var / "fund" / "fund.toml")
    practice = _practice(env, production, demo, fund_file)
    port = _count(env, "PORT", 8000, 1, 65535)
    secret = env.get("SECRET_KEY", "")
    if production and len(secret) < 32:
        raise BadSetting("SECRET_KEY must be set to at least 32 random characters when PORTAL_ENV=production.")
    texting = _one_of(env, "SMS", ("off", "folder")) == "folder"
    return Config(
        database_url=_database(env, "DATABASE_URL"),
        owner_url=_database(env, "OWNER_URL") or _database(env, "DATABASE_URL"),
        redis_url=env.get("REDIS_URL", ""),
        secret_key=secret or _kept_secret(var) or PUBLIC_SECRET,
        practice=practice,
        production=production,
        base_url=_address(env, "BASE_URL", *WEB).rstrip("/") or f"http://localhost:{port}",
        port=port,
        fund_file=fund_file,
        var=var,
        sms_folder=Path(env.get("SMS_FOLDER", var / "sms")).resolve() if texting else None,
        smtp_url=_address(env, "SMTP_URL", "smtp://", "smtps://"),
        mail_from=env.get("MAIL_FROM", "portal@localhost"),
        metrics_token=_word(env, "METRICS_TOKEN"),
        clamd_url=_address(env, "CLAMD_URL", "unix:/", "tcp://"),
        core_url=_address(env, "CORE_URL", *WEB).rstrip("/"),
        core_user=env.get("CORE_USER", "portal"),
        core_password=env.get("CORE_PASSWORD", "practice"),
        core_agent=env.get("CORE_AGENT", "contribution-portal"),
        core=core,
        core_database_url=_database(env, "CORE_DATABASE_URL"),
        demo=demo,
        proxies=_count(env, "TRUSTED_PROXIES", 0, 0, 5),
        bind=env.get("BIND", "127.0.0.1"),
        web_workers=_count(env, "WEB_WORKERS", 2, 1, 100),
        read_persons_a_day=_count(env, "READ_PERSONS_A_DAY", 5000, 100, 1_000_000),
        read_files_an_hour=_count(env, "READ_FILES_AN_HOUR", 300, 10, 100_000),
        gateway_url=_address(env, "GATEWAY_URL", *WEB).rstrip("/"),
        gateway_keys=_gateway_keys(env, practice),
        second_step=production or _one_of(env, "SECOND_STEP", ("no", "yes")) == "yes",
    )


def _demo(env: Mapping[str, str], production: bool) -> str:
    """What to start with.  Production starts with a fund of one's own and nothing else."""
    demo = _one_of(env, "DEMO", ("none", "practice", "nepal") if production else tuple(FUNDS))
    if production and demo != "none":
        raise BadSetting(f"DEMO={demo} cannot be combined with PORTAL_ENV=production: that fund is for practice.")
    return demo


def _var(env: Mapping[str, str], production: bool, demo: str, core: str) -> Path:
    """
    The folder of this machine's files.  Two funds that are tried on one machine do not share one, nor does the
    practice fund when it tells another core: what the one was told, the other does not know.
    """
    var = Path(env.get("VAR_DIR") or ROOT / "var").resolve()
    if production:
        return var
    var = var if demo == "practice" else var / demo
    return var / "real-core" if core == "real" else var


def _practice(env: Mapping[str, str], production: bool, demo: str, fund_file: Path) -> bool:
    """Whether anyone may sign in and move the clock: what PRACTICE says, else what the fund is made for."""
    usual = not production and (demo != "none" or _says_practice(fund_file))
    practice = _one_of(env, "PRACTICE", ("yes", "no") if usual else ("no", "yes")) == "yes"
    if production and practice:
        raise BadSetting(
            "PRACTICE=yes cannot be combined with PORTAL_ENV=production: practice mode lets anyone sign in."
        )
    return practice


def _says_practice(fund_file: Path) -> bool:
    """Whether a fund's own file says it is for practice.  Its mistakes are told by those who read all of it."""
    try:
        return tomllib.loads(fund_file.read_text(encoding="utf-8")).get("practice") is True
    except (OSError, ValueError):
        return False


def _kept_secret(var: Path) -> str:
    """The secret that `flask fund create` made for this machine; empty where there is none."""
    try:
        return (var / SECRET_FILE).read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""


def _gateway_keys(env: Mapping[str, str], practice: bool) -> str:
    """The keys of the payment gateway's messages; in practice one that everybody knows."""
    keys = env.get("GATEWAY_KEYS", "").strip() or (PUBLIC_GATEWAY_KEY if practice else "")
    if any(len(part.partition(":")[2]) < 24 for part in keys.split()):
        raise BadSetting("GATEWAY_KEYS must be written name:secret name:secret, each secret at least 24 characters.")
    return keys


def _one_of(env: Mapping[str, str], name: str, words: tuple[str, ...]) -> str:
    """One of *words*, the first when it is not set: a misspelt one must never mean another."""
    word = env.get(name, "").strip().lower() or words[0]
    if word not in words:
        raise BadSetting(f"{name} must be {' or '.join(words)}, not {env[name]!r}.")
    return word


def _address(env: Mapping[str, str], name: str, *beginnings: str) -> str:
    """An address, or an empty text.  What stands in it is not repeated: it may hold a password."""
    address = env.get(name, "").strip()
    if address and not address.startswith(beginnings):
        raise BadSetting(f"{name} must begin with {' or '.join(beginnings)}")
    return address


def _database(env: Mapping[str, str], name: str) -> str:
    """The address of a database as psycopg spells it, or an empty text; SQLAlchemy's spelling may be given."""
    address = _address(env, name, *DATABASE)
    return f"postgresql://{address.partition('://')[2]}" if address else ""


def _word(env: Mapping[str, str], name: str) -> str:
    """A secret word, or an empty text.  It is not repeated."""
    word = env.get(name, "").strip()
    if word and len(word) < SHORTEST_WORD:
        raise BadSetting(f"{name} must have at least {SHORTEST_WORD} characters, or be left out.")
    return word


def _count(env: Mapping[str, str], name: str, usual: int, least: int, most: int) -> int:
    text = env.get(name, str(usual))
    if not text.isdecimal() or not least <= int(text) <= most:
        raise BadSetting(f"{name} must be a number from {least} to {most}, not {text!r}.")
    return int(text)
