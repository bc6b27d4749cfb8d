"""create_app: the table of contents of the portal."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask, g, request
from flask_babel import Babel, get_locale
from flask_compress import Compress
from flask_login import current_user
from flask_wtf.csrf import CSRFProtect
from govuk_frontend_wtf.main import WTFormsHelpers
from jinja2 import ChoiceLoader, PackageLoader, PrefixLoader
from werkzeug.middleware.proxy_fix import ProxyFix

from config import Config
from portal import clock, db, installation, tables, uploads  # noqa: F401  # tables: foreign keys cross packages
from portal.auth import home, navigation, passwords
from portal.auth.access import GUARDS, login_manager
from portal.auth.sessions import StoredSessions, demand_visit
from portal.auth.visits import IDLE
from portal.demo import stories
from portal.machine import probes
from portal.staff import reading_watch
from portal.web import catalogue, errors, filters, headers, incoming, language, metering

LARGEST_UPLOAD = 21 * 1024 * 1024

#: Every room with pages.
ROOMS = (
    "portal.auth.views",
    "portal.auth.language_views",
    "portal.account.views",
    "portal.account.second_step_views",
    "portal.colleagues.views",
    "portal.colleagues.invitation_views",
    "portal.colleagues.change_views",
    "portal.staff.views",
    "portal.employers.views",
    "portal.employers.roster_views",
    "portal.contributions.views",
    "portal.payments.views",
    "portal.payments.fund_views",
    "portal.payments.credit_views",
    "portal.payments.home_views",
    "portal.payments.my_employers_views",
    "portal.bank.pages.views",
    "portal.bank.pages.entry_views",
    "portal.bank.pages.proposal_views",
    "portal.bank.pages.claimed_views",
    "portal.bank.pages.day_views",
    "portal.bank.pages.claim_views",
    "portal.employees.views",
    "portal.cases.problem_views",
    "portal.officers.views",
    "portal.officers.case_views",
    "portal.officers.audit_views",
    "portal.officers.registration_views",
    "portal.officers.arrears_views",
    "portal.officers.sync_views",
    "portal.officers.approvals_views",
    "portal.schemes.views",
    "portal.schemes.fund_views",
    "portal.schemes.simulation_views",
    "portal.reports.views",
    "portal.jobs.work_views",
    "portal.opening.ready_views",
    "portal.machine.views",
    "portal.notices.pages.text_views",
    "portal.notices.pages.message_views",
    "portal.notices.pages.choice_views",
    "portal.notices.pages.log_views",
    "portal.notices.pages.letter_views",
    "portal.bringing.views",
    "portal.moving.views",
)

#: Those of a fund with a payment gateway.
GATEWAY_ROOMS = (
    "portal.gateway.pages.call_views",
    "portal.gateway.pages.pay_views",
    "portal.gateway.pages.fund_views",
    "portal.bank.pages.payout_views",
)


def create_app(config: Config) -> Flask:
    """The portal, ready to serve.  Raises when the fund's file or a pack is wrong, or no database answers."""
    app = Flask("portal")
    _settings(app, config)
    installation.use(config.fund_file, practice=config.practice)
    db.bind(config.database_url)
    headers.register(app)
    app.before_request(demand_visit)
    metering.register(app)
    incoming.register(app)
    uploads.register(app)
    language.register(app)
    app.before_request(_practice_clock) if config.practice else None
    _extensions(app)
    errors.register(app)
    app.url_defaults(_static_version)
    home.register(app)
    probes.register(app)
    reading_watch.register(app)
    for room in ROOMS:
        _open_room(app, room)
    if config.practice:
        _open_room(app, "portal.demo.views")
        _open_room(app, "portal.demo.training_views")
    if installation.fund().gateway is not None:
        _open_gateway(app)
    return app


def _open_gateway(app: Flask) -> None:
    """Where the fund has a payment gateway: the way there, what came of it, and the call-back, which signs itself."""
    for room in GATEWAY_ROOMS:
        _open_room(app, room)
    app.extensions["csrf"].exempt(app.blueprints["gateway_call"])


def _settings(app: Flask, config: Config) -> None:
    app.config.update(
        SECRET_KEY=config.secret_key,
        PORTAL=config,
        PRACTICE=config.practice,
        TESTING=config.testing,
        BASE_URL=config.base_url,
        SESSION_COOKIE_SECURE=config.secure,
        MAX_CONTENT_LENGTH=LARGEST_UPLOAD,
        MAX_FORM_MEMORY_SIZE=4 * 1024 * 1024,
        MAX_FORM_PARTS=1000,  # of forms that carry files; others are not sent in parts
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session, which ends by itself
        SEND_FILE_MAX_AGE_DEFAULT=timedelta(days=30),  # addresses carry the version of the file
        # Pages hold secrets beside what a visitor typed: squeezing them together would leak the first.
        COMPRESS_MIMETYPES=["text/css", "text/javascript", "application/javascript", "image/svg+xml"],
        COMPRESS_ALGORITHM=["br", "gzip"],
    )
    app.session_interface = StoredSessions()
    if config.proxies:
        behind = {"x_for": config.proxies, "x_proto": config.proxies, "x_host": config.proxies}
        app.wsgi_app = ProxyFix(app.wsgi_app, **behind)  # type: ignore[method-assign]  # as Werkzeug documents it
    if config.practice or config.testing:
        passwords.cheaper_passwords()


def _extensions(app: Flask) -> None:
    catalogue.ready()
    Babel(app, locale_selector=language.reader, timezone_selector=lambda: installation.fund().timezone)
    Compress(app)
    CSRFProtect(app)
    login_manager.init_app(app)
    WTFormsHelpers(app)
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    app.jinja_loader = ChoiceLoader(
        [
            PackageLoader("portal"),
            PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")}),
            PackageLoader("govuk_frontend_wtf"),
        ]
    )
    app.jinja_env.add_extension("jinja2.ext.i18n")
    filters.register(app, {pack.currency.code: pack.currency.digits for pack in installation.packs().values()})
    app.context_processor(_for_every_page)


def _open_room(app: Flask, module: str) -> None:
    """Register the blueprints of a module.  One that declares no guard never gets in."""
    if importlib.util.find_spec(module) is None:
        return
    from flask import Blueprint

    for thing in vars(importlib.import_module(module)).values():
        if isinstance(thing, Blueprint) and thing.name not in app.blueprints:
            if thing.name not in GUARDS:
                raise RuntimeError(f"blueprint {thing.name} declares no guard")
            app.register_blueprint(thing)


def _static_version(endpoint: str, values: dict[str, Any]) -> None:
    """A new version of a file has a new address, so that nobody sees old looks after an upgrade."""
    if endpoint == "static" and "filename" in values:
        values.setdefault("v", _digest(values["filename"]))


@cache
def _digest(filename: str) -> str:
    path = Path(__file__).parent / "static" / filename
    return hashlib.sha256(path.read_bytes()).hexdigest()[:8] if path.is_file() else "0"


def _practice_clock() -> None:
    if request.endpoint not in metering.UNSEEN:
        with db.reading() as session:
            clock.shift(db.stored_offset(session))


class _Practice:
    """What the practice banner shows."""

    @property
    def today(self) -> Any:
        """The day it is in practice."""
        return clock.today(installation.fund().timezone)


def _for_every_page() -> dict[str, Any]:
    from flask import current_app

    locale = get_locale()
    practice = current_app.config["PRACTICE"]
    return {
        "fund": installation.fund(),
        "practice": _Practice() if practice else None,
        "practice_url": "/practice/" if practice else None,
        "practice_cards": stories.cards() if practice else (),
        "navigation": navigation.navigation(),
        "acting_for": g.get("employer") if g.get("acts_for_several") else None,
        "request_reference": g.get("reference", ""),
        "lang": str(locale).replace("_", "-") if locale else "en",
        "languages": language.choices(),
        "text_direction": locale.text_direction if locale else "ltr",
        "sign_in_url": "/sign-in",
        "session_seconds": int(IDLE.total_seconds()) if current_user.is_authenticated else None,
        "stay_url": "/stay",
        "sign_out_url": "/sign-out",
        "account_url": "/account/",
    }
