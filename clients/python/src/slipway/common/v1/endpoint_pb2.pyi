from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class EndpointUse(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ENDPOINT_USE_UNSPECIFIED: _ClassVar[EndpointUse]
    ENDPOINT_USE_OPTIONAL: _ClassVar[EndpointUse]
    ENDPOINT_USE_REQUIRED: _ClassVar[EndpointUse]
    ENDPOINT_USE_FORBIDDEN: _ClassVar[EndpointUse]
ENDPOINT_USE_UNSPECIFIED: EndpointUse
ENDPOINT_USE_OPTIONAL: EndpointUse
ENDPOINT_USE_REQUIRED: EndpointUse
ENDPOINT_USE_FORBIDDEN: EndpointUse

class EndpointRules(_message.Message):
    __slots__ = ("use", "schemes", "description", "remote_schemes")
    USE_FIELD_NUMBER: _ClassVar[int]
    SCHEMES_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    REMOTE_SCHEMES_FIELD_NUMBER: _ClassVar[int]
    use: EndpointUse
    schemes: _containers.RepeatedScalarFieldContainer[str]
    description: str
    remote_schemes: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, use: _Optional[_Union[EndpointUse, str]] = ..., schemes: _Optional[_Iterable[str]] = ..., description: _Optional[str] = ..., remote_schemes: _Optional[_Iterable[str]] = ...) -> None: ...
