"""The last app: by now all modules are there, and can be told of one another."""

from importlib import import_module
from importlib.util import find_spec

from django.apps import AppConfig

from openIMIS.openimisapps import MODULES


class ProjectConfig(AppConfig):
    """Binds the signals by which modules hear of what others did: a policy makes an invoice, a payment a premium."""

    name = "openIMIS"

    def ready(self):
        """Once, when everything is loaded."""
        for module in MODULES:
            if find_spec(f"{module}.signals"):
                bind = getattr(import_module(f"{module}.signals"), "bind_service_signals", None)
                if bind:
                    bind()
