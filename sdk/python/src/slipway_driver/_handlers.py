"""What surrounds the handlers of calls: a Call for each, and typed errors for what they raise."""

import functools
import logging
import secrets
from collections.abc import Callable, Iterator
from typing import Any

import grpc

from slipway_driver._call import Call
from slipway_driver._errors import Code, DriverError

_log = logging.getLogger(__name__)


def _typed_error(error: BaseException, method: str) -> DriverError:
    """The typed error for what a method raised."""
    if isinstance(error, DriverError):
        return error
    if isinstance(error, OSError):
        _log.error("%s failed", method, exc_info=error)
        return DriverError(Code.INTERNAL, "DRIVER_FAULT", f"{error}.")
    incident = secrets.token_hex(4)
    _log.error("%s failed unexpectedly", method, exc_info=error, extra={"incident": incident})
    message = f"The driver failed unexpectedly (incident {incident})."
    remedy = f"Look for incident {incident} in the host's log, and report it to the driver's author."
    return DriverError(Code.INTERNAL, "DRIVER_FAULT", message, remedy, metadata={"incident": incident})


def _abort(context: grpc.ServicerContext, error: BaseException, call: Call, method: str) -> None:
    if call.cancelled:
        context.abort(Code.CANCELLED, "The call was cancelled.")
    typed = _typed_error(error, method)
    status = typed._status()
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(typed.code, status.message)


def _follow(context: grpc.ServicerContext, call: Call) -> None:
    """Ends the call when gRPC ends it."""
    if not context.add_callback(call._end):
        call._end()


def unary(method: Callable[..., Any]) -> Callable[..., Any]:
    """Gives a method its Call, and converts its exceptions."""

    @functools.wraps(method)
    def handle(self, request, context):
        call = Call()
        _follow(context, call)
        try:
            return method(self, request, call)
        except Exception as error:
            _abort(context, error, call, method.__name__)

    return handle


def streaming(method: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
    """The same for a method with a response stream."""

    @functools.wraps(method)
    def handle(self, request, context):
        call = Call()
        _follow(context, call)
        try:
            yield from method(self, request, call)
        except Exception as error:
            _abort(context, error, call, method.__name__)

    return handle
