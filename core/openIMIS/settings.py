"""
Settings of the test openIMIS: those its packages ask for, and the few that matter to whoever talks to it.

``DB_*`` name the database, ``MODE=PROD`` switches the limit of requests on, ``USER_AGENT_CSRF_BYPASS`` names the
programs that are let in without a session: all as in an installation of openIMIS.
"""

import os
from datetime import timedelta
from pathlib import Path

from openIMIS.openimisapps import MODULES

# core reads it when it is imported; otherwise each change waits for a worker that is not there.
os.environ.setdefault("ASYNC", "False")

BASE = Path(__file__).resolve().parent.parent
MODE = os.environ.get("MODE", "TEST")
SECRET_KEY = "a-test-openimis-has-no-secrets-and-listens-on-this-machine-only"  # noqa: S105  # public on purpose
DEBUG = IS_TESTING = MSSQL = False
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
ROOT_URLCONF = "openIMIS.urls"
WSGI_APPLICATION = "openIMIS.wsgi.application"
USER_AGENT_CSRF_BYPASS = os.environ.get("USER_AGENT_CSRF_BYPASS", "contribution-portal").split(",")

_DJANGO = ("auth", "contenttypes", "sessions", "messages", "staticfiles")
_OTHERS = (
    "rest_framework",
    "graphene_django",
    "graphql_jwt.refresh_token.apps.RefreshTokenConfig",
    "rules",
    "axes",
    "django_apscheduler",
    "drf_spectacular",
    "simple_history",
)
INSTALLED_APPS = [*(f"django.contrib.{name}" for name in _DJANGO), *_OTHERS, *MODULES, "openIMIS.apps.ProjectConfig"]


class _NoMigrations:
    """The packages' migrations assume a dump of another repository; their models make all tables by themselves."""

    def __contains__(self, _app):
        return True

    def __getitem__(self, _app):
        return None


MIGRATION_MODULES = _NoMigrations()

MIDDLEWARE = [
    "openIMIS.counting.CountStatements",
    "core.middleware.GraphQLRateLimitMiddleware",
    "core.middleware.DefaultAxesAttributesMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": os.environ.get("DB_NAME", "openimis"),
        "USER": os.environ.get("DB_USER", "openimis"),
        "PASSWORD": os.environ.get("DB_PASSWORD", ""),
        "HOST": os.environ.get("DB_HOST", "127.0.0.1"),
        "PORT": os.environ.get("DB_PORT", ""),
        "CONN_MAX_AGE": 600,
        "OPTIONS": {"application_name": "openimis"},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
CACHES = {
    name: {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": name}
    for name in ("default", "location", "coverage")
}
CACHE_OBJECT_DEFAULT, CACHE_OBJECT_TTL = True, 3600

AUTH_USER_MODEL = "core.User"
AUTHENTICATION_BACKENDS = [
    "rules.permissions.ObjectPermissionBackend",
    "graphql_jwt.backends.JSONWebTokenBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AXES_ENABLED, AXES_FAILURE_LIMIT, AXES_COOLOFF_TIME = False, 5, 1
ROW_SECURITY = True
PASSWORD_MIN_LENGTH = 8
PASSWORD_UPPERCASE = PASSWORD_LOWERCASE = PASSWORD_DIGITS = PASSWORD_SYMBOLS = 0
RATELIMIT_KEY, RATELIMIT_RATE, RATELIMIT_GROUP = "ip", os.environ.get("RATELIMIT_RATE", "150/m"), "graphql"

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["core.jwt_authentication.JWTAuthentication"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "openIMIS.ExceptionHandlerRegistry.dispatch",
}
GRAPHENE = {"SCHEMA": "openIMIS.schema.schema", "RELAY_CONNECTION_MAX_LIMIT": 100}
GRAPHQL_JWT = {
    "JWT_VERIFY_EXPIRATION": True,
    "JWT_EXPIRATION_DELTA": timedelta(days=1),
    "JWT_REFRESH_EXPIRATION_DELTA": timedelta(days=30),
    "JWT_LONG_RUNNING_REFRESH_TOKEN": True,
    "JWT_AUTH_HEADER_PREFIX": "Bearer",
    "JWT_ENCODE_HANDLER": "core.jwt.jwt_encode_user_key",
    "JWT_DECODE_HANDLER": "core.jwt.jwt_decode_user_key",
}

SCHEDULER_JOBS, SCHEDULER_CUSTOM, SCHEDULER_CONFIG, SCHEDULER_AUTOSTART = [], [], {}, False
MASTER_DATA_PASSWORD = ""
SITE_URL = FRONTEND_URL = "http://127.0.0.1"
EMAIL_HOST_USER = "nobody@openimis.example"
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"  # approving a contract writes to the employer
LANGUAGE_CODE, TIME_ZONE, USE_TZ, USE_I18N = "en", os.environ.get("TZ", "UTC"), False, True
STATIC_URL = "static/"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
}


def SITE_ROOT():  # the packages call it by this name
    """Below which address everything lies."""
    return ""
