"""What the servers load: ``gunicorn wsgi:app`` and ``celery -A wsgi:celery worker``."""

from __future__ import annotations

from portal.jobs.celery_app import make_celery

from portal.app import create_app
from portal.boot import configured

config = configured()
app = create_app(config)
celery = make_celery(app, config)
