from slipway.driver.v1 import capability_pb2 as _capability_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class EndpointUse(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ENDPOINT_USE_UNSPECIFIED: _ClassVar[EndpointUse]
    ENDPOINT_USE_OPTIONAL: _ClassVar[EndpointUse]
    ENDPOINT_USE_REQUIRED: _ClassVar[EndpointUse]
    ENDPOINT_USE_FORBIDDEN: _ClassVar[EndpointUse]

class OptionType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    OPTION_TYPE_UNSPECIFIED: _ClassVar[OptionType]
    OPTION_TYPE_STRING: _ClassVar[OptionType]
    OPTION_TYPE_BOOL: _ClassVar[OptionType]
    OPTION_TYPE_INT: _ClassVar[OptionType]
    OPTION_TYPE_BYTES: _ClassVar[OptionType]
    OPTION_TYPE_DURATION: _ClassVar[OptionType]
    OPTION_TYPE_QUANTITY: _ClassVar[OptionType]
    OPTION_TYPE_ENUM: _ClassVar[OptionType]
    OPTION_TYPE_PATH: _ClassVar[OptionType]
    OPTION_TYPE_MAP: _ClassVar[OptionType]
ENDPOINT_USE_UNSPECIFIED: EndpointUse
ENDPOINT_USE_OPTIONAL: EndpointUse
ENDPOINT_USE_REQUIRED: EndpointUse
ENDPOINT_USE_FORBIDDEN: EndpointUse
OPTION_TYPE_UNSPECIFIED: OptionType
OPTION_TYPE_STRING: OptionType
OPTION_TYPE_BOOL: OptionType
OPTION_TYPE_INT: OptionType
OPTION_TYPE_BYTES: OptionType
OPTION_TYPE_DURATION: OptionType
OPTION_TYPE_QUANTITY: OptionType
OPTION_TYPE_ENUM: OptionType
OPTION_TYPE_PATH: OptionType
OPTION_TYPE_MAP: OptionType

class DriverDescriptor(_message.Message):
    __slots__ = ("name", "title", "description", "capabilities", "endpoint", "options", "environment_variables", "priority")
    NAME_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    CAPABILITIES_FIELD_NUMBER: _ClassVar[int]
    ENDPOINT_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_VARIABLES_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    name: str
    title: str
    description: str
    capabilities: _containers.RepeatedCompositeFieldContainer[_capability_pb2.Capability]
    endpoint: EndpointRules
    options: _containers.RepeatedCompositeFieldContainer[OptionDescriptor]
    environment_variables: _containers.RepeatedScalarFieldContainer[str]
    priority: int
    def __init__(self, name: _Optional[str] = ..., title: _Optional[str] = ..., description: _Optional[str] = ..., capabilities: _Optional[_Iterable[_Union[_capability_pb2.Capability, _Mapping]]] = ..., endpoint: _Optional[_Union[EndpointRules, _Mapping]] = ..., options: _Optional[_Iterable[_Union[OptionDescriptor, _Mapping]]] = ..., environment_variables: _Optional[_Iterable[str]] = ..., priority: _Optional[int] = ...) -> None: ...

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

class OptionDescriptor(_message.Message):
    __slots__ = ("name", "type", "default_value", "required", "sensitive", "deprecation", "description", "allowed_values", "local_only")
    NAME_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_VALUE_FIELD_NUMBER: _ClassVar[int]
    REQUIRED_FIELD_NUMBER: _ClassVar[int]
    SENSITIVE_FIELD_NUMBER: _ClassVar[int]
    DEPRECATION_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    ALLOWED_VALUES_FIELD_NUMBER: _ClassVar[int]
    LOCAL_ONLY_FIELD_NUMBER: _ClassVar[int]
    name: str
    type: OptionType
    default_value: str
    required: bool
    sensitive: bool
    deprecation: str
    description: str
    allowed_values: _containers.RepeatedScalarFieldContainer[str]
    local_only: bool
    def __init__(self, name: _Optional[str] = ..., type: _Optional[_Union[OptionType, str]] = ..., default_value: _Optional[str] = ..., required: _Optional[bool] = ..., sensitive: _Optional[bool] = ..., deprecation: _Optional[str] = ..., description: _Optional[str] = ..., allowed_values: _Optional[_Iterable[str]] = ..., local_only: _Optional[bool] = ...) -> None: ...
