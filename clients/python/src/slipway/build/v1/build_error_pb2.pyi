from slipway.build.v1 import source_pb2 as _source_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class BuildError(_message.Message):
    __slots__ = ("reason", "code", "message", "remedy", "vertex", "exit_code", "sources", "field", "node", "metadata")
    class MetadataEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    REASON_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    REMEDY_FIELD_NUMBER: _ClassVar[int]
    VERTEX_FIELD_NUMBER: _ClassVar[int]
    EXIT_CODE_FIELD_NUMBER: _ClassVar[int]
    SOURCES_FIELD_NUMBER: _ClassVar[int]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    NODE_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    reason: str
    code: int
    message: str
    remedy: str
    vertex: str
    exit_code: int
    sources: _containers.RepeatedCompositeFieldContainer[_source_pb2.SourceLocation]
    field: str
    node: str
    metadata: _containers.ScalarMap[str, str]
    def __init__(self, reason: _Optional[str] = ..., code: _Optional[int] = ..., message: _Optional[str] = ..., remedy: _Optional[str] = ..., vertex: _Optional[str] = ..., exit_code: _Optional[int] = ..., sources: _Optional[_Iterable[_Union[_source_pb2.SourceLocation, _Mapping]]] = ..., field: _Optional[str] = ..., node: _Optional[str] = ..., metadata: _Optional[_Mapping[str, str]] = ...) -> None: ...
