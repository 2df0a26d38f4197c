from slipway.build.v1 import build_progress_pb2 as _build_progress_pb2
from slipway.build.v1 import build_spec_pb2 as _build_spec_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class InspectImageRequest(_message.Message):
    __slots__ = ("name", "registry_auth", "environment", "with_images", "with_attestations")
    class EnvironmentEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    NAME_FIELD_NUMBER: _ClassVar[int]
    REGISTRY_AUTH_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    WITH_IMAGES_FIELD_NUMBER: _ClassVar[int]
    WITH_ATTESTATIONS_FIELD_NUMBER: _ClassVar[int]
    name: str
    registry_auth: _build_spec_pb2.RegistryAuth
    environment: _containers.ScalarMap[str, str]
    with_images: bool
    with_attestations: bool
    def __init__(self, name: _Optional[str] = ..., registry_auth: _Optional[_Union[_build_spec_pb2.RegistryAuth, _Mapping]] = ..., environment: _Optional[_Mapping[str, str]] = ..., with_images: _Optional[bool] = ..., with_attestations: _Optional[bool] = ...) -> None: ...

class InspectImageResponse(_message.Message):
    __slots__ = ("name", "media_type", "digest", "manifest", "images")
    NAME_FIELD_NUMBER: _ClassVar[int]
    MEDIA_TYPE_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    MANIFEST_FIELD_NUMBER: _ClassVar[int]
    IMAGES_FIELD_NUMBER: _ClassVar[int]
    name: str
    media_type: str
    digest: str
    manifest: bytes
    images: _containers.RepeatedCompositeFieldContainer[PlatformImage]
    def __init__(self, name: _Optional[str] = ..., media_type: _Optional[str] = ..., digest: _Optional[str] = ..., manifest: _Optional[bytes] = ..., images: _Optional[_Iterable[_Union[PlatformImage, _Mapping]]] = ...) -> None: ...

class PlatformImage(_message.Message):
    __slots__ = ("platform", "digest", "config", "attestations")
    PLATFORM_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    ATTESTATIONS_FIELD_NUMBER: _ClassVar[int]
    platform: str
    digest: str
    config: bytes
    attestations: _containers.RepeatedCompositeFieldContainer[ImageAttestation]
    def __init__(self, platform: _Optional[str] = ..., digest: _Optional[str] = ..., config: _Optional[bytes] = ..., attestations: _Optional[_Iterable[_Union[ImageAttestation, _Mapping]]] = ...) -> None: ...

class ImageAttestation(_message.Message):
    __slots__ = ("predicate_type", "statement")
    PREDICATE_TYPE_FIELD_NUMBER: _ClassVar[int]
    STATEMENT_FIELD_NUMBER: _ClassVar[int]
    predicate_type: str
    statement: bytes
    def __init__(self, predicate_type: _Optional[str] = ..., statement: _Optional[bytes] = ...) -> None: ...

class CreateImageRequest(_message.Message):
    __slots__ = ("sources", "names", "annotations", "platforms", "keep_manifest", "dry_run", "registry_auth", "environment")
    class AnnotationsEntry(_message.Message):
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
    SOURCES_FIELD_NUMBER: _ClassVar[int]
    NAMES_FIELD_NUMBER: _ClassVar[int]
    ANNOTATIONS_FIELD_NUMBER: _ClassVar[int]
    PLATFORMS_FIELD_NUMBER: _ClassVar[int]
    KEEP_MANIFEST_FIELD_NUMBER: _ClassVar[int]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    REGISTRY_AUTH_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    sources: _containers.RepeatedCompositeFieldContainer[CreateImageSource]
    names: _containers.RepeatedScalarFieldContainer[str]
    annotations: _containers.ScalarMap[str, str]
    platforms: _containers.RepeatedScalarFieldContainer[str]
    keep_manifest: bool
    dry_run: bool
    registry_auth: _build_spec_pb2.RegistryAuth
    environment: _containers.ScalarMap[str, str]
    def __init__(self, sources: _Optional[_Iterable[_Union[CreateImageSource, _Mapping]]] = ..., names: _Optional[_Iterable[str]] = ..., annotations: _Optional[_Mapping[str, str]] = ..., platforms: _Optional[_Iterable[str]] = ..., keep_manifest: _Optional[bool] = ..., dry_run: _Optional[bool] = ..., registry_auth: _Optional[_Union[_build_spec_pb2.RegistryAuth, _Mapping]] = ..., environment: _Optional[_Mapping[str, str]] = ...) -> None: ...

class CreateImageSource(_message.Message):
    __slots__ = ("name", "descriptor_json")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTOR_JSON_FIELD_NUMBER: _ClassVar[int]
    name: str
    descriptor_json: bytes
    def __init__(self, name: _Optional[str] = ..., descriptor_json: _Optional[bytes] = ...) -> None: ...

class CreateImageResponse(_message.Message):
    __slots__ = ("progress", "image")
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    progress: _build_progress_pb2.BuildProgress
    image: CreatedImage
    def __init__(self, progress: _Optional[_Union[_build_progress_pb2.BuildProgress, _Mapping]] = ..., image: _Optional[_Union[CreatedImage, _Mapping]] = ...) -> None: ...

class CreatedImage(_message.Message):
    __slots__ = ("descriptor_json", "manifest")
    DESCRIPTOR_JSON_FIELD_NUMBER: _ClassVar[int]
    MANIFEST_FIELD_NUMBER: _ClassVar[int]
    descriptor_json: bytes
    manifest: bytes
    def __init__(self, descriptor_json: _Optional[bytes] = ..., manifest: _Optional[bytes] = ...) -> None: ...
