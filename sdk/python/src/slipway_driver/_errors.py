"""Typed errors in the protocol's format: a gRPC code with google.rpc details."""

import dataclasses
from collections.abc import Mapping, Sequence

import grpc
from google.protobuf.any_pb2 import Any
from google.rpc import error_details_pb2, status_pb2

Code = grpc.StatusCode
"""The codes of errors; docs/driver-protocol.md says which one means what."""

_DOMAIN = "driver.slipway.dev"
# gRPC libraries refuse more than 8 KiB of metadata.
_MAX_BYTES = 7 << 10


@dataclasses.dataclass(frozen=True)
class Field:
    """One field of a request that is wrong."""

    path: str
    """Path into the request, such as ``config.options[memory]``."""
    message: str
    """What is wrong with it."""
    reason: str = ""
    """Stable name of this violation."""


class DriverError(Exception):
    """Ends a call with a typed error.

    :param code: the gRPC code
    :param reason: stable name of the error, in UPPER_SNAKE_CASE
    :param message: what is wrong, as a sentence without secrets
    :param remedy: what to do about it, as a sentence
    :param fields: the fields of the request at fault
    :param metadata: further facts for programs
    """

    def __init__(
        self,
        code: Code,
        reason: str,
        message: str,
        remedy: str = "",
        fields: Sequence[Field] = (),
        metadata: Mapping[str, str] | None = None,
    ):
        super().__init__(message)
        self.code, self.reason, self.message, self.remedy = code, reason, message, remedy
        self.fields, self.metadata = tuple(fields), dict(metadata or {})

    def _status(self) -> status_pb2.Status:
        """The status for the trailers, shortened when it would be too large."""
        message, remedy, fields = self.message, self.remedy, self.fields
        while True:
            status = self._encode(message, remedy, fields)
            if not message or _wire_bytes(status) <= _MAX_BYTES:
                return status
            if len(fields) > 1:
                fields = fields[: len(fields) // 2]
                continue
            limit = len(message) * 3 // 4
            message, remedy = _shorten(message, limit), _shorten(remedy, limit)
            fields = tuple(Field(one.path, _shorten(one.message, limit), one.reason) for one in fields)

    def _encode(self, message: str, remedy: str, fields: Sequence[Field]) -> status_pb2.Status:
        details = [error_details_pb2.ErrorInfo(reason=self.reason, domain=_DOMAIN, metadata=self.metadata)]
        if fields:
            violations = [
                error_details_pb2.BadRequest.FieldViolation(
                    field=one.path, description=one.message, reason=one.reason
                )
                for one in fields
            ]
            details.append(error_details_pb2.BadRequest(field_violations=violations))
        if remedy:
            link = error_details_pb2.Help.Link(description=remedy)
            details.append(error_details_pb2.Help(links=[link]))
        status = status_pb2.Status(code=self.code.value[0], message=message)
        for one in details:
            packed = Any()
            packed.Pack(one)
            status.details.append(packed)
        return status


def _wire_bytes(status: status_pb2.Status) -> int:
    """The size in the trailers: the message, percent-encoded, and the details in base64."""
    encoded = sum(1 if 0x20 <= char <= 0x7E and char != 0x25 else 3 for char in status.message.encode())
    return encoded + (status.ByteSize() + 2) // 3 * 4


def _shorten(text: str, size: int) -> str:
    return text if len(text) <= size else f"{text[: size - 1]}…" if size > 1 else ""


def invalid_request(field: str, reason: str, message: str) -> DriverError:
    """INVALID_ARGUMENT about one field of a request."""
    return DriverError(Code.INVALID_ARGUMENT, reason, message, fields=[Field(field, message, reason)])
