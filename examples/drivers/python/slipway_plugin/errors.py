"""Errors in the protocol's format: a gRPC code with google.rpc details."""

import functools

import grpc
from google.protobuf.any_pb2 import Any
from google.rpc import error_details_pb2, status_pb2

from slipway_plugin.log import log


class DriverError(Exception):
    """Ends a call: a code, a stable reason, a message, and an optional remedy and field."""

    def __init__(self, code: grpc.StatusCode, reason: str, message: str, remedy: str = "", field: str = ""):
        super().__init__(message)
        self.code, self.reason, self.remedy, self.field = code, reason, remedy, field

    def details(self) -> bytes:
        """The serialized status for the trailers."""
        number, _ = self.code.value
        status = status_pb2.Status(code=number, message=str(self))
        info = error_details_pb2.ErrorInfo(reason=self.reason, domain="driver.slipway.dev")
        messages = [info]
        if self.field:
            violation = error_details_pb2.BadRequest.FieldViolation(field=self.field, description=str(self))
            messages.append(error_details_pb2.BadRequest(field_violations=[violation]))
        if self.remedy:
            messages.append(error_details_pb2.Help(links=[error_details_pb2.Help.Link(description=self.remedy)]))
        for message in messages:
            packed = Any()
            packed.Pack(message)
            status.details.append(packed)
        return status.SerializeToString()


async def _abort(context: grpc.aio.ServicerContext, error: Exception) -> None:
    if not isinstance(error, DriverError):
        log.error("A call failed", exc_info=error)
        error = DriverError(grpc.StatusCode.INTERNAL, "DRIVER_FAULT", f"{type(error).__name__}: {error}")
    await context.abort(error.code, str(error), (("grpc-status-details-bin", error.details()),))


def unary(method):
    """Converts the exceptions of a method to errors of the protocol."""

    @functools.wraps(method)
    async def call(self, request, context):
        try:
            return await method(self, request, context)
        except Exception as error:  # Every error must reach the host.
            await _abort(context, error)

    return call


def streaming(method):
    """The same for a method with a response stream."""

    @functools.wraps(method)
    async def call(self, request, context):
        try:
            async for response in method(self, request, context):
                yield response
        except Exception as error:
            await _abort(context, error)

    return call
