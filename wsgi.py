"""What the servers load: ``gunicorn wsgi:app`` and ``celery -A wsgi:celery worker``."""

from __future__ import annotations

import sys

from portal import fund_commands, scheme_commands

if scheme_commands.alone(sys.argv):  # the rules of schemes need no server and start at once
    app = scheme_commands.application()
elif fund_commands.alone(sys.argv):  # there is no fund yet
    app = fund_commands.application()
else:
    from portal import cli
    from portal.app import create_app
    from portal.boot import configured
    from portal.jobs.celery_app import make_celery

    config = configured()
    app = create_app(config)
    celery = make_celery(app, config)
    cli.register(app, config)
    fund_commands.register(app)
