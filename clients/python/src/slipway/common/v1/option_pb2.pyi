from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

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
