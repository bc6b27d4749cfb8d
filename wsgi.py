"""What the servers load: ``gunicorn wsgi:app`` and ``celery -A wsgi:celery worker``."""

from __future__ import annotations

from portal import cli
from portal.app import create_app
from portal.boot import configured
from portal.jobs.celery_app import make_celery

config = configured()
app = create_app(config)
celery = make_celery(app, config)
cli.register(app, config)
