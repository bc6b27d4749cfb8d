"""Each module may say how its errors are answered; FHIR does, with an OperationOutcome."""

from rest_framework.views import exception_handler as usual


class ExceptionHandlerRegistry:
    """Handlers by the name of the module in the address: ``/api/<module>/…``."""

    handlers = {}

    @classmethod
    def register_exception_handler(cls, module, handler):
        """Have *handler* answer the errors of *module*."""
        cls.handlers[module] = handler


def dispatch(error, context):
    """The answer to *error* by the handler of the module whose address was asked for."""
    parts = context["request"].path.strip("/").split("/")
    module = parts[1] if len(parts) > 1 else ""
    return ExceptionHandlerRegistry.handlers.get(module, usual)(error, context)
