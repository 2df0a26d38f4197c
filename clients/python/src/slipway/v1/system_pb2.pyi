from slipway.driver.v1 import capability_pb2 as _capability_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class NegotiateRequest(_message.Message):
    __slots__ = ("client", "capabilities", "required_capabilities")
    CLIENT_FIELD_NUMBER: _ClassVar[int]
    CAPABILITIES_FIELD_NUMBER: _ClassVar[int]
    REQUIRED_CAPABILITIES_FIELD_NUMBER: _ClassVar[int]
    client: _capability_pb2.Peer
    capabilities: _containers.RepeatedCompositeFieldContainer[_capability_pb2.Capability]
    required_capabilities: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, client: _Optional[_Union[_capability_pb2.Peer, _Mapping]] = ..., capabilities: _Optional[_Iterable[_Union[_capability_pb2.Capability, _Mapping]]] = ..., required_capabilities: _Optional[_Iterable[str]] = ...) -> None: ...

class NegotiateResponse(_message.Message):
    __slots__ = ("host", "capabilities", "limits")
    HOST_FIELD_NUMBER: _ClassVar[int]
    CAPABILITIES_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    host: _capability_pb2.Peer
    capabilities: _containers.RepeatedCompositeFieldContainer[_capability_pb2.Capability]
    limits: Limits
    def __init__(self, host: _Optional[_Union[_capability_pb2.Peer, _Mapping]] = ..., capabilities: _Optional[_Iterable[_Union[_capability_pb2.Capability, _Mapping]]] = ..., limits: _Optional[_Union[Limits, _Mapping]] = ...) -> None: ...

class Limits(_message.Message):
    __slots__ = ("max_message_bytes", "max_secret_bytes", "max_chunk_bytes")
    MAX_MESSAGE_BYTES_FIELD_NUMBER: _ClassVar[int]
    MAX_SECRET_BYTES_FIELD_NUMBER: _ClassVar[int]
    MAX_CHUNK_BYTES_FIELD_NUMBER: _ClassVar[int]
    max_message_bytes: int
    max_secret_bytes: int
    max_chunk_bytes: int
    def __init__(self, max_message_bytes: _Optional[int] = ..., max_secret_bytes: _Optional[int] = ..., max_chunk_bytes: _Optional[int] = ...) -> None: ...

class ShutdownRequest(_message.Message):
    __slots__ = ("force",)
    FORCE_FIELD_NUMBER: _ClassVar[int]
    force: bool
    def __init__(self, force: _Optional[bool] = ...) -> None: ...

class ShutdownResponse(_message.Message):
    __slots__ = ("running_builds",)
    RUNNING_BUILDS_FIELD_NUMBER: _ClassVar[int]
    running_builds: int
    def __init__(self, running_builds: _Optional[int] = ...) -> None: ...
