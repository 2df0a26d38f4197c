from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Iterator

import grpc
from google.rpc import error_details_pb2, status_pb2
from slipway.build.v1 import build_error_pb2
from slipway.v1 import error_pb2


@dataclass
class FieldError:
    """A fault of a field of a request. A field can have several."""

    field: str
    """Path of the field: ``spec.tags[0]``."""
    reason: str
    """Stable, in UPPER_SNAKE_CASE."""
    message: str
    remedy: str = ""
    """A suggestion for users; can be empty."""


class SlipwayError(Exception):
    """A typed error of a host or of this client. docs/api.md lists the reasons."""

    def __init__(
        self,
        code: grpc.StatusCode,
        reason: str,
        message: str,
        remedy: str = "",
        fields: list[FieldError] | None = None,
        metadata: dict[str, str] | None = None,
        retry_after: timedelta | None = None,
        call_id: str = "",
    ) -> None:
        super().__init__(f"{message} ({remedy})" if remedy else message)
        self.code = code
        """The gRPC code."""
        self.reason = reason
        """Stable, in UPPER_SNAKE_CASE. Empty for errors of the transport."""
        self.message = message
        self.remedy = remedy
        """A suggestion for users; can be empty."""
        self.fields = fields or []
        """The faults of fields of the request."""
        self.metadata = metadata or {}
        """Further data for programs."""
        self.retry_after = retry_after
        """The delay before the call can succeed, as the host says; None if it does not know."""
        self.call_id = call_id
        """Id of the call, by which the host's log has it. Empty for errors of the transport and of builds."""


_codes = {code.value[0]: code for code in grpc.StatusCode}


def typed(error: grpc.RpcError) -> SlipwayError:
    """Converts the error of a call to a typed one."""
    trailers = dict(error.trailing_metadata() or ())
    status = status_pb2.Status.FromString(trailers.get("grpc-status-details-bin", b""))
    reason, remedy, call_id, metadata = "", "", "", {}
    fields: list[FieldError] = []
    hints = error_pb2.ErrorHints()
    retry_after = None
    for detail in status.details:
        if detail.Is(error_details_pb2.ErrorInfo.DESCRIPTOR):
            info = error_details_pb2.ErrorInfo.FromString(detail.value)
            reason, metadata = info.reason, dict(info.metadata)
        elif detail.Is(error_details_pb2.BadRequest.DESCRIPTOR):
            bad = error_details_pb2.BadRequest.FromString(detail.value)
            fields = [FieldError(one.field, one.reason, one.description) for one in bad.field_violations]
        elif detail.Is(error_details_pb2.Help.DESCRIPTOR):
            remedy = next((link.description for link in error_details_pb2.Help.FromString(detail.value).links), "")
        elif detail.Is(error_details_pb2.RetryInfo.DESCRIPTOR):
            retry_after = error_details_pb2.RetryInfo.FromString(detail.value).retry_delay.ToTimedelta()
        elif detail.Is(error_details_pb2.RequestInfo.DESCRIPTOR):
            call_id = error_details_pb2.RequestInfo.FromString(detail.value).request_id
        elif detail.Is(error_pb2.ErrorHints.DESCRIPTOR):
            hints = error_pb2.ErrorHints.FromString(detail.value)
    _add_remedies(fields, hints)
    message = error.details() or ""
    return SlipwayError(error.code(), reason, message, remedy, fields, metadata, retry_after, call_id)


def _add_remedies(fields: list[FieldError], hints: error_pb2.ErrorHints) -> None:
    """Sets the remedies of fields. A hint is for the first fault of its field and reason that has none yet."""
    for hint in hints.remedies:
        for field in fields:
            if not field.remedy and (field.field, field.reason) == (hint.field, hint.reason):
                field.remedy = hint.remedy
                break


def is_refused_token(error: SlipwayError) -> bool:
    """Whether the host has refused the token of a call, and so the call.

    A token source may have another one, also where the host's clock or keys have changed and the token seems to be valid.
    """
    return error.reason in ("TOKEN_EXPIRED", "TOKEN_WRONG")


def of_build(error: build_error_pb2.BuildError) -> SlipwayError:
    """The error of a failed build."""
    code = _codes.get(error.code, grpc.StatusCode.UNKNOWN)
    fields = [FieldError(error.field, error.reason, error.message, error.remedy)] if error.field else []
    return SlipwayError(code, error.reason, error.message, error.remedy, fields, dict(error.metadata))


@contextmanager
def typed_errors() -> Iterator[None]:
    """Converts the errors of calls to typed ones."""
    try:
        yield
    except grpc.RpcError as error:
        raise typed(error) from error
