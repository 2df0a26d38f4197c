import datetime

from google.protobuf import duration_pb2 as _duration_pb2
from slipway.build.v1 import attestation_pb2 as _attestation_pb2
from slipway.build.v1 import cache_pb2 as _cache_pb2
from slipway.build.v1 import context_pb2 as _context_pb2
from slipway.build.v1 import output_pb2 as _output_pb2
from slipway.common.v1 import credential_pb2 as _credential_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class BuildSpec(_message.Message):
    __slots__ = ("builder", "environment", "context", "dockerfile", "named_contexts", "target", "build_args", "labels", "tags", "platforms", "no_cache", "no_cache_stages", "pull", "secrets", "ssh", "extra_hosts", "network", "shm_size_bytes", "ulimits", "cgroup_parent", "outputs", "cache_from", "cache_to", "entitlements", "attestations", "annotations", "registry_auth", "call", "frontend_attributes", "display_name", "return_provenance", "sensitive_parameters", "provenance", "sbom", "policy", "project", "priority", "queue_timeout", "run_timeout")
    class EnvironmentEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class NamedContextsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: _context_pb2.Context
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[_context_pb2.Context, _Mapping]] = ...) -> None: ...
    class BuildArgsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class LabelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class AttestationsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class AnnotationsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class FrontendAttributesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    BUILDER_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    CONTEXT_FIELD_NUMBER: _ClassVar[int]
    DOCKERFILE_FIELD_NUMBER: _ClassVar[int]
    NAMED_CONTEXTS_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    BUILD_ARGS_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    PLATFORMS_FIELD_NUMBER: _ClassVar[int]
    NO_CACHE_FIELD_NUMBER: _ClassVar[int]
    NO_CACHE_STAGES_FIELD_NUMBER: _ClassVar[int]
    PULL_FIELD_NUMBER: _ClassVar[int]
    SECRETS_FIELD_NUMBER: _ClassVar[int]
    SSH_FIELD_NUMBER: _ClassVar[int]
    EXTRA_HOSTS_FIELD_NUMBER: _ClassVar[int]
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    SHM_SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    ULIMITS_FIELD_NUMBER: _ClassVar[int]
    CGROUP_PARENT_FIELD_NUMBER: _ClassVar[int]
    OUTPUTS_FIELD_NUMBER: _ClassVar[int]
    CACHE_FROM_FIELD_NUMBER: _ClassVar[int]
    CACHE_TO_FIELD_NUMBER: _ClassVar[int]
    ENTITLEMENTS_FIELD_NUMBER: _ClassVar[int]
    ATTESTATIONS_FIELD_NUMBER: _ClassVar[int]
    ANNOTATIONS_FIELD_NUMBER: _ClassVar[int]
    REGISTRY_AUTH_FIELD_NUMBER: _ClassVar[int]
    CALL_FIELD_NUMBER: _ClassVar[int]
    FRONTEND_ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    RETURN_PROVENANCE_FIELD_NUMBER: _ClassVar[int]
    SENSITIVE_PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    PROVENANCE_FIELD_NUMBER: _ClassVar[int]
    SBOM_FIELD_NUMBER: _ClassVar[int]
    POLICY_FIELD_NUMBER: _ClassVar[int]
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    QUEUE_TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    RUN_TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    builder: str
    environment: _containers.ScalarMap[str, str]
    context: _context_pb2.Context
    dockerfile: _context_pb2.Dockerfile
    named_contexts: _containers.MessageMap[str, _context_pb2.Context]
    target: str
    build_args: _containers.ScalarMap[str, str]
    labels: _containers.ScalarMap[str, str]
    tags: _containers.RepeatedScalarFieldContainer[str]
    platforms: _containers.RepeatedScalarFieldContainer[str]
    no_cache: bool
    no_cache_stages: _containers.RepeatedScalarFieldContainer[str]
    pull: bool
    secrets: _containers.RepeatedCompositeFieldContainer[Secret]
    ssh: _containers.RepeatedCompositeFieldContainer[SshForward]
    extra_hosts: _containers.RepeatedCompositeFieldContainer[ExtraHost]
    network: str
    shm_size_bytes: int
    ulimits: _containers.RepeatedCompositeFieldContainer[Ulimit]
    cgroup_parent: str
    outputs: _containers.RepeatedCompositeFieldContainer[_output_pb2.Output]
    cache_from: _containers.RepeatedCompositeFieldContainer[_cache_pb2.CacheBackend]
    cache_to: _containers.RepeatedCompositeFieldContainer[_cache_pb2.CacheBackend]
    entitlements: _containers.RepeatedScalarFieldContainer[str]
    attestations: _containers.ScalarMap[str, str]
    annotations: _containers.ScalarMap[str, str]
    registry_auth: RegistryAuth
    call: str
    frontend_attributes: _containers.ScalarMap[str, str]
    display_name: str
    return_provenance: bool
    sensitive_parameters: _containers.RepeatedScalarFieldContainer[str]
    provenance: _attestation_pb2.ProvenanceAttestation
    sbom: _attestation_pb2.SbomAttestation
    policy: PolicySettings
    project: str
    priority: int
    queue_timeout: _duration_pb2.Duration
    run_timeout: _duration_pb2.Duration
    def __init__(self, builder: _Optional[str] = ..., environment: _Optional[_Mapping[str, str]] = ..., context: _Optional[_Union[_context_pb2.Context, _Mapping]] = ..., dockerfile: _Optional[_Union[_context_pb2.Dockerfile, _Mapping]] = ..., named_contexts: _Optional[_Mapping[str, _context_pb2.Context]] = ..., target: _Optional[str] = ..., build_args: _Optional[_Mapping[str, str]] = ..., labels: _Optional[_Mapping[str, str]] = ..., tags: _Optional[_Iterable[str]] = ..., platforms: _Optional[_Iterable[str]] = ..., no_cache: _Optional[bool] = ..., no_cache_stages: _Optional[_Iterable[str]] = ..., pull: _Optional[bool] = ..., secrets: _Optional[_Iterable[_Union[Secret, _Mapping]]] = ..., ssh: _Optional[_Iterable[_Union[SshForward, _Mapping]]] = ..., extra_hosts: _Optional[_Iterable[_Union[ExtraHost, _Mapping]]] = ..., network: _Optional[str] = ..., shm_size_bytes: _Optional[int] = ..., ulimits: _Optional[_Iterable[_Union[Ulimit, _Mapping]]] = ..., cgroup_parent: _Optional[str] = ..., outputs: _Optional[_Iterable[_Union[_output_pb2.Output, _Mapping]]] = ..., cache_from: _Optional[_Iterable[_Union[_cache_pb2.CacheBackend, _Mapping]]] = ..., cache_to: _Optional[_Iterable[_Union[_cache_pb2.CacheBackend, _Mapping]]] = ..., entitlements: _Optional[_Iterable[str]] = ..., attestations: _Optional[_Mapping[str, str]] = ..., annotations: _Optional[_Mapping[str, str]] = ..., registry_auth: _Optional[_Union[RegistryAuth, _Mapping]] = ..., call: _Optional[str] = ..., frontend_attributes: _Optional[_Mapping[str, str]] = ..., display_name: _Optional[str] = ..., return_provenance: _Optional[bool] = ..., sensitive_parameters: _Optional[_Iterable[str]] = ..., provenance: _Optional[_Union[_attestation_pb2.ProvenanceAttestation, _Mapping]] = ..., sbom: _Optional[_Union[_attestation_pb2.SbomAttestation, _Mapping]] = ..., policy: _Optional[_Union[PolicySettings, _Mapping]] = ..., project: _Optional[str] = ..., priority: _Optional[int] = ..., queue_timeout: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., run_timeout: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class PolicySettings(_message.Message):
    __slots__ = ("disabled", "policies")
    DISABLED_FIELD_NUMBER: _ClassVar[int]
    POLICIES_FIELD_NUMBER: _ClassVar[int]
    disabled: bool
    policies: _containers.RepeatedCompositeFieldContainer[Policy]
    def __init__(self, disabled: _Optional[bool] = ..., policies: _Optional[_Iterable[_Union[Policy, _Mapping]]] = ...) -> None: ...

class Policy(_message.Message):
    __slots__ = ("files",)
    FILES_FIELD_NUMBER: _ClassVar[int]
    files: _containers.RepeatedCompositeFieldContainer[PolicyFile]
    def __init__(self, files: _Optional[_Iterable[_Union[PolicyFile, _Mapping]]] = ...) -> None: ...

class PolicyFile(_message.Message):
    __slots__ = ("name", "content", "from_context")
    NAME_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    FROM_CONTEXT_FIELD_NUMBER: _ClassVar[int]
    name: str
    content: bytes
    from_context: bool
    def __init__(self, name: _Optional[str] = ..., content: _Optional[bytes] = ..., from_context: _Optional[bool] = ...) -> None: ...

class Secret(_message.Message):
    __slots__ = ("id", "value")
    ID_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    id: str
    value: bytes
    def __init__(self, id: _Optional[str] = ..., value: _Optional[bytes] = ...) -> None: ...

class SshForward(_message.Message):
    __slots__ = ("id", "agent_socket", "keys")
    ID_FIELD_NUMBER: _ClassVar[int]
    AGENT_SOCKET_FIELD_NUMBER: _ClassVar[int]
    KEYS_FIELD_NUMBER: _ClassVar[int]
    id: str
    agent_socket: str
    keys: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, id: _Optional[str] = ..., agent_socket: _Optional[str] = ..., keys: _Optional[_Iterable[bytes]] = ...) -> None: ...

class ExtraHost(_message.Message):
    __slots__ = ("name", "address")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    name: str
    address: str
    def __init__(self, name: _Optional[str] = ..., address: _Optional[str] = ...) -> None: ...

class Ulimit(_message.Message):
    __slots__ = ("name", "soft", "hard")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SOFT_FIELD_NUMBER: _ClassVar[int]
    HARD_FIELD_NUMBER: _ClassVar[int]
    name: str
    soft: int
    hard: int
    def __init__(self, name: _Optional[str] = ..., soft: _Optional[int] = ..., hard: _Optional[int] = ...) -> None: ...

class RegistryAuth(_message.Message):
    __slots__ = ("logins", "docker_config_dir", "no_docker_config")
    class LoginsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: _credential_pb2.RegistryCredential
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[_credential_pb2.RegistryCredential, _Mapping]] = ...) -> None: ...
    LOGINS_FIELD_NUMBER: _ClassVar[int]
    DOCKER_CONFIG_DIR_FIELD_NUMBER: _ClassVar[int]
    NO_DOCKER_CONFIG_FIELD_NUMBER: _ClassVar[int]
    logins: _containers.MessageMap[str, _credential_pb2.RegistryCredential]
    docker_config_dir: str
    no_docker_config: bool
    def __init__(self, logins: _Optional[_Mapping[str, _credential_pb2.RegistryCredential]] = ..., docker_config_dir: _Optional[str] = ..., no_docker_config: _Optional[bool] = ...) -> None: ...
