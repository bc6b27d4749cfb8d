"""How gunicorn runs the portal's web processes.  It reads this file from the folder it is started in."""

from __future__ import annotations

import threading

from portal import pdf
from portal.tabular import apart

# Before the fork, so that a wrong setting ends the start with its line instead of ending every process anew.
preload_app = True
# Nobody steers it but the service manager, by signals.
control_socket_disable = True


def post_worker_init(worker: object) -> None:
    """
    Load what the first document and the first upload of a process would wait for, while the process already answers.

    In each process after the fork, never before it: the fonts are not made to be shared.
    """
    threading.Thread(target=_warm, name="warm", daemon=True).start()


def _warm() -> None:
    apart.warm()
    pdf.warm()
