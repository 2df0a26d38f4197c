from slipway.common.v1 import capability_pb2 as _capability_pb2
from slipway.common.v1 import endpoint_pb2 as _endpoint_pb2
from slipway.common.v1 import native_build_settings_pb2 as _native_build_settings_pb2
from slipway.common.v1 import option_pb2 as _option_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Driver(_message.Message):
    __slots__ = ("name", "title", "description", "capabilities", "endpoint", "options", "environment_variables", "priority", "plugin", "native_build")
    NAME_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    CAPABILITIES_FIELD_NUMBER: _ClassVar[int]
    ENDPOINT_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_VARIABLES_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    PLUGIN_FIELD_NUMBER: _ClassVar[int]
    NATIVE_BUILD_FIELD_NUMBER: _ClassVar[int]
    name: str
    title: str
    description: str
    capabilities: _containers.RepeatedCompositeFieldContainer[_capability_pb2.Capability]
    endpoint: _endpoint_pb2.EndpointRules
    options: _containers.RepeatedCompositeFieldContainer[_option_pb2.OptionDescriptor]
    environment_variables: _containers.RepeatedScalarFieldContainer[str]
    priority: int
    plugin: str
    native_build: _native_build_settings_pb2.NativeBuildSettings
    def __init__(self, name: _Optional[str] = ..., title: _Optional[str] = ..., description: _Optional[str] = ..., capabilities: _Optional[_Iterable[_Union[_capability_pb2.Capability, _Mapping]]] = ..., endpoint: _Optional[_Union[_endpoint_pb2.EndpointRules, _Mapping]] = ..., options: _Optional[_Iterable[_Union[_option_pb2.OptionDescriptor, _Mapping]]] = ..., environment_variables: _Optional[_Iterable[str]] = ..., priority: _Optional[int] = ..., plugin: _Optional[str] = ..., native_build: _Optional[_Union[_native_build_settings_pb2.NativeBuildSettings, _Mapping]] = ...) -> None: ...
