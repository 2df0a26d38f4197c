from slipway.common.v1 import diagnostic_pb2 as _diagnostic_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ErrorHints(_message.Message):
    __slots__ = ("remedies", "warnings")
    REMEDIES_FIELD_NUMBER: _ClassVar[int]
    WARNINGS_FIELD_NUMBER: _ClassVar[int]
    remedies: _containers.RepeatedCompositeFieldContainer[FieldRemedy]
    warnings: _containers.RepeatedCompositeFieldContainer[_diagnostic_pb2.Diagnostic]
    def __init__(self, remedies: _Optional[_Iterable[_Union[FieldRemedy, _Mapping]]] = ..., warnings: _Optional[_Iterable[_Union[_diagnostic_pb2.Diagnostic, _Mapping]]] = ...) -> None: ...

class FieldRemedy(_message.Message):
    __slots__ = ("field", "reason", "remedy", "help_url")
    FIELD_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    REMEDY_FIELD_NUMBER: _ClassVar[int]
    HELP_URL_FIELD_NUMBER: _ClassVar[int]
    field: str
    reason: str
    remedy: str
    help_url: str
    def __init__(self, field: _Optional[str] = ..., reason: _Optional[str] = ..., remedy: _Optional[str] = ..., help_url: _Optional[str] = ...) -> None: ...
