"""How gunicorn runs the portal's web processes.  It reads this file from the folder it is started in."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from config import BadSetting, Config, from_environment
from portal import logs, migrate, pdf
from portal.tabular import apart

# Before the fork, so that a wrong setting ends the start with its line instead of ending every process anew.
preload_app = True
# Nobody steers it but the service manager, by signals.
control_socket_disable = True

#: Where the web processes keep their figures, so that each can tell those of all; their library asks for it here.
FIGURES = "PROMETHEUS_MULTIPROC_DIR"


def _settings() -> Config | None:
    try:
        return from_environment()
    except BadSetting:
        return None  # the portal itself says which, in one line, and ends


def _empty_figures(config: Config) -> None:
    """Figures begin anew with each start."""
    folder = Path(os.environ.setdefault(FIGURES, str(config.var / "figures")))
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob("*.db"):
        left.unlink()


settings = _settings()
if settings is not None:
    _empty_figures(settings)


def on_starting(server: object) -> None:
    """From here on lines of gunicorn and of the portal look alike."""
    if settings is not None:
        logs.set_up(production=settings.production)


def post_worker_init(worker: object) -> None:
    """
    Load what the first document and the first upload of a process would wait for, while the process already answers.

    In each process after the fork, never before it: the fonts are not made to be shared.
    """
    threading.Thread(target=_warm, name="warm", daemon=True).start()


def _warm() -> None:
    from portal.machine import ground_lines  # only once the folder of the figures is named

    migrate.head()
    ground_lines.code()
    apart.warm()
    pdf.warm()
