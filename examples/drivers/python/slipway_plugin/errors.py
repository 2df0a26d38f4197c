"""Errors as the protocol wants them: a gRPC code with google.rpc details."""

import functools

import grpc
from google.protobuf.any_pb2 import Any
from google.rpc import error_details_pb2, status_pb2

from slipway_plugin.log import log


class DriverError(Exception):
    """Ends a call: a code, a stable reason, a message and, if there are any, a remedy and the field at fault."""

    def __init__(self, code: grpc.StatusCode, reason: str, message: str, remedy: str = "", field: str = ""):
        super().__init__(message)
        self.code, self.reason, self.remedy, self.field = code, reason, remedy, field

    def details(self) -> bytes:
        """The status with its details, as it travels in the trailers."""
        number, _ = self.code.value
        status = status_pb2.Status(code=number, message=str(self))
        info = error_details_pb2.ErrorInfo(reason=self.reason, domain="driver.slipway.dev")
        parts = [info]
        if self.field:
            violation = error_details_pb2.BadRequest.FieldViolation(field=self.field, description=str(self))
            parts.append(error_details_pb2.BadRequest(field_violations=[violation]))
        if self.remedy:
            parts.append(error_details_pb2.Help(links=[error_details_pb2.Help.Link(description=self.remedy)]))
        for part in parts:
            packed = Any()
            packed.Pack(part)
            status.details.append(packed)
        return status.SerializeToString()


async def _abort(context: grpc.aio.ServicerContext, error: Exception) -> None:
    if not isinstance(error, DriverError):
        log.error("a call failed", exc_info=error)
        error = DriverError(grpc.StatusCode.INTERNAL, "DRIVER_FAULT", f"{type(error).__name__}: {error}")
    await context.abort(error.code, str(error), (("grpc-status-details-bin", error.details()),))


def unary(method):
    """Makes an error that a method raises one that the host can read."""

    @functools.wraps(method)
    async def call(self, request, context):
        try:
            return await method(self, request, context)
        except Exception as error:  # Whatever it is, the host must hear of it.
            await _abort(context, error)

    return call


def streaming(method):
    """The same for a method that answers with a stream."""

    @functools.wraps(method)
    async def call(self, request, context):
        try:
            async for response in method(self, request, context):
                yield response
        except Exception as error:
            await _abort(context, error)

    return call
