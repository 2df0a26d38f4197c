from __future__ import annotations

from contextlib import contextmanager
from typing import Iterator

import grpc
from google.rpc import error_details_pb2, status_pb2
from slipway.v1 import build_event_pb2


class SlipwayError(Exception):
    """A typed error of a host or of this client. docs/api.md lists the reasons."""

    def __init__(
        self,
        code: grpc.StatusCode,
        reason: str,
        message: str,
        remedy: str = "",
        fields: dict[str, str] | None = None,
        metadata: dict[str, str] | None = None,
    ) -> None:
        super().__init__(f"{message} ({remedy})" if remedy else message)
        self.code = code
        """The gRPC code."""
        self.reason = reason
        """Stable, in UPPER_SNAKE_CASE. Empty for errors of the transport."""
        self.message = message
        self.remedy = remedy
        """A suggestion for users; can be empty."""
        self.fields = fields or {}
        """The invalid fields of the request, as paths, with a message for each."""
        self.metadata = metadata or {}
        """Further data for programs."""


_codes = {code.value[0]: code for code in grpc.StatusCode}


def typed(error: grpc.RpcError) -> SlipwayError:
    """Converts the error of a call to a typed one."""
    found = SlipwayError(error.code(), "", error.details() or "")
    trailers = dict(error.trailing_metadata() or ())
    status = status_pb2.Status.FromString(trailers.get("grpc-status-details-bin", b""))
    reason, remedy, fields, metadata = "", "", {}, {}
    for detail in status.details:
        if detail.Is(error_details_pb2.ErrorInfo.DESCRIPTOR):
            info = error_details_pb2.ErrorInfo.FromString(detail.value)
            reason, metadata = info.reason, dict(info.metadata)
        elif detail.Is(error_details_pb2.BadRequest.DESCRIPTOR):
            bad = error_details_pb2.BadRequest.FromString(detail.value)
            fields = {violation.field: violation.description for violation in bad.field_violations}
        elif detail.Is(error_details_pb2.Help.DESCRIPTOR):
            remedy = next((link.description for link in error_details_pb2.Help.FromString(detail.value).links), "")
    return SlipwayError(found.code, reason, found.message, remedy, fields, metadata)


def of_build(error: build_event_pb2.BuildError) -> SlipwayError:
    """The error of a failed build."""
    code = _codes.get(error.code, grpc.StatusCode.UNKNOWN)
    fields = {error.field: error.message} if error.field else {}
    return SlipwayError(code, error.reason, error.message, error.remedy, fields)


@contextmanager
def typed_errors() -> Iterator[None]:
    """Converts the errors of calls to typed ones."""
    try:
        yield
    except grpc.RpcError as error:
        raise typed(error) from error
