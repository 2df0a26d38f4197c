from slipway.build.v1 import build_spec_pb2 as _build_spec_pb2
from slipway.common.v1 import diagnostic_pb2 as _diagnostic_pb2
from slipway.v1 import build_pb2 as _build_pb2
from slipway.v1 import build_event_pb2 as _build_event_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class FetchBakeRequest(_message.Message):
    __slots__ = ("builder", "url", "files", "secrets", "ssh", "environment")
    class EnvironmentEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    BUILDER_FIELD_NUMBER: _ClassVar[int]
    URL_FIELD_NUMBER: _ClassVar[int]
    FILES_FIELD_NUMBER: _ClassVar[int]
    SECRETS_FIELD_NUMBER: _ClassVar[int]
    SSH_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    builder: str
    url: str
    files: _containers.RepeatedScalarFieldContainer[str]
    secrets: _containers.RepeatedCompositeFieldContainer[_build_spec_pb2.Secret]
    ssh: _containers.RepeatedCompositeFieldContainer[_build_spec_pb2.SshForward]
    environment: _containers.ScalarMap[str, str]
    def __init__(self, builder: _Optional[str] = ..., url: _Optional[str] = ..., files: _Optional[_Iterable[str]] = ..., secrets: _Optional[_Iterable[_Union[_build_spec_pb2.Secret, _Mapping]]] = ..., ssh: _Optional[_Iterable[_Union[_build_spec_pb2.SshForward, _Mapping]]] = ..., environment: _Optional[_Mapping[str, str]] = ...) -> None: ...

class FetchBakeResponse(_message.Message):
    __slots__ = ("files", "context_url")
    FILES_FIELD_NUMBER: _ClassVar[int]
    CONTEXT_URL_FIELD_NUMBER: _ClassVar[int]
    files: _containers.RepeatedCompositeFieldContainer[BakeFile]
    context_url: str
    def __init__(self, files: _Optional[_Iterable[_Union[BakeFile, _Mapping]]] = ..., context_url: _Optional[str] = ...) -> None: ...

class PlanBakeRequest(_message.Message):
    __slots__ = ("files", "targets", "overrides", "variables", "environment", "list_only", "command_context", "local_platform", "dot_env", "context_url")
    class VariablesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class EnvironmentEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class DotEnvEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    FILES_FIELD_NUMBER: _ClassVar[int]
    TARGETS_FIELD_NUMBER: _ClassVar[int]
    OVERRIDES_FIELD_NUMBER: _ClassVar[int]
    VARIABLES_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    LIST_ONLY_FIELD_NUMBER: _ClassVar[int]
    COMMAND_CONTEXT_FIELD_NUMBER: _ClassVar[int]
    LOCAL_PLATFORM_FIELD_NUMBER: _ClassVar[int]
    DOT_ENV_FIELD_NUMBER: _ClassVar[int]
    CONTEXT_URL_FIELD_NUMBER: _ClassVar[int]
    files: _containers.RepeatedCompositeFieldContainer[BakeFile]
    targets: _containers.RepeatedScalarFieldContainer[str]
    overrides: _containers.RepeatedScalarFieldContainer[str]
    variables: _containers.ScalarMap[str, str]
    environment: _containers.ScalarMap[str, str]
    list_only: bool
    command_context: str
    local_platform: str
    dot_env: _containers.ScalarMap[str, str]
    context_url: str
    def __init__(self, files: _Optional[_Iterable[_Union[BakeFile, _Mapping]]] = ..., targets: _Optional[_Iterable[str]] = ..., overrides: _Optional[_Iterable[str]] = ..., variables: _Optional[_Mapping[str, str]] = ..., environment: _Optional[_Mapping[str, str]] = ..., list_only: _Optional[bool] = ..., command_context: _Optional[str] = ..., local_platform: _Optional[str] = ..., dot_env: _Optional[_Mapping[str, str]] = ..., context_url: _Optional[str] = ...) -> None: ...

class BakeFile(_message.Message):
    __slots__ = ("name", "content")
    NAME_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    name: str
    content: bytes
    def __init__(self, name: _Optional[str] = ..., content: _Optional[bytes] = ...) -> None: ...

class PlanBakeResponse(_message.Message):
    __slots__ = ("targets", "groups", "variables", "warnings", "definition")
    TARGETS_FIELD_NUMBER: _ClassVar[int]
    GROUPS_FIELD_NUMBER: _ClassVar[int]
    VARIABLES_FIELD_NUMBER: _ClassVar[int]
    WARNINGS_FIELD_NUMBER: _ClassVar[int]
    DEFINITION_FIELD_NUMBER: _ClassVar[int]
    targets: _containers.RepeatedCompositeFieldContainer[BakeTarget]
    groups: _containers.RepeatedCompositeFieldContainer[BakeGroup]
    variables: _containers.RepeatedCompositeFieldContainer[BakeVariable]
    warnings: _containers.RepeatedCompositeFieldContainer[_diagnostic_pb2.Diagnostic]
    definition: str
    def __init__(self, targets: _Optional[_Iterable[_Union[BakeTarget, _Mapping]]] = ..., groups: _Optional[_Iterable[_Union[BakeGroup, _Mapping]]] = ..., variables: _Optional[_Iterable[_Union[BakeVariable, _Mapping]]] = ..., warnings: _Optional[_Iterable[_Union[_diagnostic_pb2.Diagnostic, _Mapping]]] = ..., definition: _Optional[str] = ...) -> None: ...

class BakeTarget(_message.Message):
    __slots__ = ("name", "description", "spec", "dependencies", "is_linked", "local")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    SPEC_FIELD_NUMBER: _ClassVar[int]
    DEPENDENCIES_FIELD_NUMBER: _ClassVar[int]
    IS_LINKED_FIELD_NUMBER: _ClassVar[int]
    LOCAL_FIELD_NUMBER: _ClassVar[int]
    name: str
    description: str
    spec: _build_spec_pb2.BuildSpec
    dependencies: _containers.RepeatedScalarFieldContainer[str]
    is_linked: bool
    local: BakeLocalParts
    def __init__(self, name: _Optional[str] = ..., description: _Optional[str] = ..., spec: _Optional[_Union[_build_spec_pb2.BuildSpec, _Mapping]] = ..., dependencies: _Optional[_Iterable[str]] = ..., is_linked: _Optional[bool] = ..., local: _Optional[_Union[BakeLocalParts, _Mapping]] = ...) -> None: ...

class BakeLocalParts(_message.Message):
    __slots__ = ("context", "dockerfile", "named_contexts", "secrets", "ssh", "destinations")
    class NamedContextsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class DestinationsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: int
        value: str
        def __init__(self, key: _Optional[int] = ..., value: _Optional[str] = ...) -> None: ...
    CONTEXT_FIELD_NUMBER: _ClassVar[int]
    DOCKERFILE_FIELD_NUMBER: _ClassVar[int]
    NAMED_CONTEXTS_FIELD_NUMBER: _ClassVar[int]
    SECRETS_FIELD_NUMBER: _ClassVar[int]
    SSH_FIELD_NUMBER: _ClassVar[int]
    DESTINATIONS_FIELD_NUMBER: _ClassVar[int]
    context: str
    dockerfile: str
    named_contexts: _containers.ScalarMap[str, str]
    secrets: _containers.RepeatedCompositeFieldContainer[BakeSecret]
    ssh: _containers.RepeatedCompositeFieldContainer[BakeSsh]
    destinations: _containers.ScalarMap[int, str]
    def __init__(self, context: _Optional[str] = ..., dockerfile: _Optional[str] = ..., named_contexts: _Optional[_Mapping[str, str]] = ..., secrets: _Optional[_Iterable[_Union[BakeSecret, _Mapping]]] = ..., ssh: _Optional[_Iterable[_Union[BakeSsh, _Mapping]]] = ..., destinations: _Optional[_Mapping[int, str]] = ...) -> None: ...

class BakeSecret(_message.Message):
    __slots__ = ("id", "file", "variable")
    ID_FIELD_NUMBER: _ClassVar[int]
    FILE_FIELD_NUMBER: _ClassVar[int]
    VARIABLE_FIELD_NUMBER: _ClassVar[int]
    id: str
    file: str
    variable: str
    def __init__(self, id: _Optional[str] = ..., file: _Optional[str] = ..., variable: _Optional[str] = ...) -> None: ...

class BakeSsh(_message.Message):
    __slots__ = ("id", "paths")
    ID_FIELD_NUMBER: _ClassVar[int]
    PATHS_FIELD_NUMBER: _ClassVar[int]
    id: str
    paths: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, id: _Optional[str] = ..., paths: _Optional[_Iterable[str]] = ...) -> None: ...

class BakeGroup(_message.Message):
    __slots__ = ("name", "description", "targets")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    TARGETS_FIELD_NUMBER: _ClassVar[int]
    name: str
    description: str
    targets: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, name: _Optional[str] = ..., description: _Optional[str] = ..., targets: _Optional[_Iterable[str]] = ...) -> None: ...

class BakeVariable(_message.Message):
    __slots__ = ("name", "description", "type", "value")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    name: str
    description: str
    type: str
    value: str
    def __init__(self, name: _Optional[str] = ..., description: _Optional[str] = ..., type: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...

class StartBakeRequest(_message.Message):
    __slots__ = ("targets", "request_id")
    TARGETS_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    targets: _containers.RepeatedCompositeFieldContainer[BakeBuild]
    request_id: str
    def __init__(self, targets: _Optional[_Iterable[_Union[BakeBuild, _Mapping]]] = ..., request_id: _Optional[str] = ...) -> None: ...

class BakeBuild(_message.Message):
    __slots__ = ("name", "spec")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SPEC_FIELD_NUMBER: _ClassVar[int]
    name: str
    spec: _build_spec_pb2.BuildSpec
    def __init__(self, name: _Optional[str] = ..., spec: _Optional[_Union[_build_spec_pb2.BuildSpec, _Mapping]] = ...) -> None: ...

class StartBakeResponse(_message.Message):
    __slots__ = ("targets",)
    TARGETS_FIELD_NUMBER: _ClassVar[int]
    targets: _containers.RepeatedCompositeFieldContainer[StartedTarget]
    def __init__(self, targets: _Optional[_Iterable[_Union[StartedTarget, _Mapping]]] = ...) -> None: ...

class StartedTarget(_message.Message):
    __slots__ = ("name", "build")
    NAME_FIELD_NUMBER: _ClassVar[int]
    BUILD_FIELD_NUMBER: _ClassVar[int]
    name: str
    build: _build_pb2.Build
    def __init__(self, name: _Optional[str] = ..., build: _Optional[_Union[_build_pb2.Build, _Mapping]] = ...) -> None: ...

class WatchBakeRequest(_message.Message):
    __slots__ = ("targets", "cancel_on_disconnect")
    TARGETS_FIELD_NUMBER: _ClassVar[int]
    CANCEL_ON_DISCONNECT_FIELD_NUMBER: _ClassVar[int]
    targets: _containers.RepeatedCompositeFieldContainer[WatchedTarget]
    cancel_on_disconnect: bool
    def __init__(self, targets: _Optional[_Iterable[_Union[WatchedTarget, _Mapping]]] = ..., cancel_on_disconnect: _Optional[bool] = ...) -> None: ...

class WatchedTarget(_message.Message):
    __slots__ = ("name", "id", "from_sequence")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    FROM_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    name: str
    id: str
    from_sequence: int
    def __init__(self, name: _Optional[str] = ..., id: _Optional[str] = ..., from_sequence: _Optional[int] = ...) -> None: ...

class WatchBakeResponse(_message.Message):
    __slots__ = ("target", "id", "event")
    TARGET_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    EVENT_FIELD_NUMBER: _ClassVar[int]
    target: str
    id: str
    event: _build_event_pb2.BuildEvent
    def __init__(self, target: _Optional[str] = ..., id: _Optional[str] = ..., event: _Optional[_Union[_build_event_pb2.BuildEvent, _Mapping]] = ...) -> None: ...
