import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from slipway.common.v1 import capability_pb2 as _capability_pb2
from slipway.common.v1 import diagnostic_pb2 as _diagnostic_pb2
from slipway.v1 import driver_pb2 as _driver_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class PluginState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PLUGIN_STATE_UNSPECIFIED: _ClassVar[PluginState]
    PLUGIN_STATE_IDLE: _ClassVar[PluginState]
    PLUGIN_STATE_STARTING: _ClassVar[PluginState]
    PLUGIN_STATE_RUNNING: _ClassVar[PluginState]
    PLUGIN_STATE_BACKOFF: _ClassVar[PluginState]
    PLUGIN_STATE_QUARANTINED: _ClassVar[PluginState]
    PLUGIN_STATE_INVALID: _ClassVar[PluginState]
    PLUGIN_STATE_SHADOWED: _ClassVar[PluginState]
    PLUGIN_STATE_DISABLED: _ClassVar[PluginState]
    PLUGIN_STATE_ATTACHED: _ClassVar[PluginState]
PLUGIN_STATE_UNSPECIFIED: PluginState
PLUGIN_STATE_IDLE: PluginState
PLUGIN_STATE_STARTING: PluginState
PLUGIN_STATE_RUNNING: PluginState
PLUGIN_STATE_BACKOFF: PluginState
PLUGIN_STATE_QUARANTINED: PluginState
PLUGIN_STATE_INVALID: PluginState
PLUGIN_STATE_SHADOWED: PluginState
PLUGIN_STATE_DISABLED: PluginState
PLUGIN_STATE_ATTACHED: PluginState

class ListDriversRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListDriversResponse(_message.Message):
    __slots__ = ("drivers", "next_page_token")
    DRIVERS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    drivers: _containers.RepeatedCompositeFieldContainer[_driver_pb2.Driver]
    next_page_token: str
    def __init__(self, drivers: _Optional[_Iterable[_Union[_driver_pb2.Driver, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ListPluginsRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListPluginsResponse(_message.Message):
    __slots__ = ("plugins", "next_page_token")
    PLUGINS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    plugins: _containers.RepeatedCompositeFieldContainer[Plugin]
    next_page_token: str
    def __init__(self, plugins: _Optional[_Iterable[_Union[Plugin, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class Plugin(_message.Message):
    __slots__ = ("name", "version", "path", "state", "reason", "message", "remedy", "last_lines", "drivers", "pid", "restart_count", "start_time", "report", "description", "homepage", "license", "installation", "address", "policy_languages")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    REMEDY_FIELD_NUMBER: _ClassVar[int]
    LAST_LINES_FIELD_NUMBER: _ClassVar[int]
    DRIVERS_FIELD_NUMBER: _ClassVar[int]
    PID_FIELD_NUMBER: _ClassVar[int]
    RESTART_COUNT_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    REPORT_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    HOMEPAGE_FIELD_NUMBER: _ClassVar[int]
    LICENSE_FIELD_NUMBER: _ClassVar[int]
    INSTALLATION_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    POLICY_LANGUAGES_FIELD_NUMBER: _ClassVar[int]
    name: str
    version: str
    path: str
    state: PluginState
    reason: str
    message: str
    remedy: str
    last_lines: _containers.RepeatedScalarFieldContainer[str]
    drivers: _containers.RepeatedScalarFieldContainer[str]
    pid: int
    restart_count: int
    start_time: _timestamp_pb2.Timestamp
    report: PluginReport
    description: str
    homepage: str
    license: str
    installation: PluginInstallation
    address: str
    policy_languages: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, name: _Optional[str] = ..., version: _Optional[str] = ..., path: _Optional[str] = ..., state: _Optional[_Union[PluginState, str]] = ..., reason: _Optional[str] = ..., message: _Optional[str] = ..., remedy: _Optional[str] = ..., last_lines: _Optional[_Iterable[str]] = ..., drivers: _Optional[_Iterable[str]] = ..., pid: _Optional[int] = ..., restart_count: _Optional[int] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., report: _Optional[_Union[PluginReport, _Mapping]] = ..., description: _Optional[str] = ..., homepage: _Optional[str] = ..., license: _Optional[str] = ..., installation: _Optional[_Union[PluginInstallation, _Mapping]] = ..., address: _Optional[str] = ..., policy_languages: _Optional[_Iterable[str]] = ...) -> None: ...

class PluginReport(_message.Message):
    __slots__ = ("peer", "vendor", "url", "capabilities")
    PEER_FIELD_NUMBER: _ClassVar[int]
    VENDOR_FIELD_NUMBER: _ClassVar[int]
    URL_FIELD_NUMBER: _ClassVar[int]
    CAPABILITIES_FIELD_NUMBER: _ClassVar[int]
    peer: _capability_pb2.Peer
    vendor: str
    url: str
    capabilities: _containers.RepeatedCompositeFieldContainer[_capability_pb2.Capability]
    def __init__(self, peer: _Optional[_Union[_capability_pb2.Peer, _Mapping]] = ..., vendor: _Optional[str] = ..., url: _Optional[str] = ..., capabilities: _Optional[_Iterable[_Union[_capability_pb2.Capability, _Mapping]]] = ...) -> None: ...

class PluginInstallation(_message.Message):
    __slots__ = ("source", "digest", "install_time")
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    INSTALL_TIME_FIELD_NUMBER: _ClassVar[int]
    source: str
    digest: str
    install_time: _timestamp_pb2.Timestamp
    def __init__(self, source: _Optional[str] = ..., digest: _Optional[str] = ..., install_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class RestartPluginRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class RestartPluginResponse(_message.Message):
    __slots__ = ("plugin",)
    PLUGIN_FIELD_NUMBER: _ClassVar[int]
    plugin: Plugin
    def __init__(self, plugin: _Optional[_Union[Plugin, _Mapping]] = ...) -> None: ...

class InstallPluginRequest(_message.Message):
    __slots__ = ("path", "digest", "replace", "request_id")
    PATH_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    REPLACE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    path: str
    digest: str
    replace: bool
    request_id: str
    def __init__(self, path: _Optional[str] = ..., digest: _Optional[str] = ..., replace: _Optional[bool] = ..., request_id: _Optional[str] = ...) -> None: ...

class InstallPluginResponse(_message.Message):
    __slots__ = ("plugin",)
    PLUGIN_FIELD_NUMBER: _ClassVar[int]
    plugin: Plugin
    def __init__(self, plugin: _Optional[_Union[Plugin, _Mapping]] = ...) -> None: ...

class RemovePluginRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class RemovePluginResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class SetPluginEnabledRequest(_message.Message):
    __slots__ = ("name", "enabled")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ENABLED_FIELD_NUMBER: _ClassVar[int]
    name: str
    enabled: bool
    def __init__(self, name: _Optional[str] = ..., enabled: _Optional[bool] = ...) -> None: ...

class SetPluginEnabledResponse(_message.Message):
    __slots__ = ("plugin",)
    PLUGIN_FIELD_NUMBER: _ClassVar[int]
    plugin: Plugin
    def __init__(self, plugin: _Optional[_Union[Plugin, _Mapping]] = ...) -> None: ...

class VerifyPluginsRequest(_message.Message):
    __slots__ = ("names", "page_size", "page_token")
    NAMES_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    names: _containers.RepeatedScalarFieldContainer[str]
    page_size: int
    page_token: str
    def __init__(self, names: _Optional[_Iterable[str]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class VerifyPluginsResponse(_message.Message):
    __slots__ = ("plugins", "next_page_token")
    PLUGINS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    plugins: _containers.RepeatedCompositeFieldContainer[PluginVerification]
    next_page_token: str
    def __init__(self, plugins: _Optional[_Iterable[_Union[PluginVerification, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class PluginVerification(_message.Message):
    __slots__ = ("name", "path", "checked_file_count", "problems")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    CHECKED_FILE_COUNT_FIELD_NUMBER: _ClassVar[int]
    PROBLEMS_FIELD_NUMBER: _ClassVar[int]
    name: str
    path: str
    checked_file_count: int
    problems: _containers.RepeatedCompositeFieldContainer[_diagnostic_pb2.Diagnostic]
    def __init__(self, name: _Optional[str] = ..., path: _Optional[str] = ..., checked_file_count: _Optional[int] = ..., problems: _Optional[_Iterable[_Union[_diagnostic_pb2.Diagnostic, _Mapping]]] = ...) -> None: ...

class AttachPluginRequest(_message.Message):
    __slots__ = ("protocol", "protocol_version", "pid", "network", "address")
    PROTOCOL_FIELD_NUMBER: _ClassVar[int]
    PROTOCOL_VERSION_FIELD_NUMBER: _ClassVar[int]
    PID_FIELD_NUMBER: _ClassVar[int]
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    protocol: str
    protocol_version: int
    pid: int
    network: str
    address: str
    def __init__(self, protocol: _Optional[str] = ..., protocol_version: _Optional[int] = ..., pid: _Optional[int] = ..., network: _Optional[str] = ..., address: _Optional[str] = ...) -> None: ...

class AttachPluginResponse(_message.Message):
    __slots__ = ("plugin",)
    PLUGIN_FIELD_NUMBER: _ClassVar[int]
    plugin: Plugin
    def __init__(self, plugin: _Optional[_Union[Plugin, _Mapping]] = ...) -> None: ...

class DetachPluginRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class DetachPluginResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
