"""A build without BuildKit."""

import contextlib
import threading
from collections.abc import Iterator

from slipway.nativebuild.v1 import native_build_pb2

from slipway_driver._check import Findings
from slipway_driver._chunks import Reader, Writer
from slipway_driver._errors import DriverError, invalid_request
from slipway_driver._messages import BuildError, BuildProgress, BuildSpec, Diagnostic, RegistryCredential
from slipway_driver._requests import Requests
from slipway_driver._stream_call import StreamCall


class BuildFailed(Exception):
    """Ends a build that failed, with its reason."""

    def __init__(self, error: BuildError):
        super().__init__(error.message)
        self.error = error


class BuildCheck(Findings):
    """The check of one specification. Findings have paths in it, such as ``outputs[0].attributes[name]``; errors refuse the
    build, and others become its warnings."""

    def __init__(self, spec: BuildSpec):
        super().__init__()
        self.spec = spec
        """The specification."""


class ContextFiles(Reader):
    """The files of one context: a tar archive. It is iterable, and a file with ``read``, for ``tarfile`` in the mode
    ``"r|"``."""

    def __init__(self, build: "Build", first: native_build_pb2.ContextData):
        self.upload = first.upload
        """Id of the upload in the specification."""
        self._build, self._rest, self._is_last = build, first.data, first.last

    def _chunk(self) -> bytes | None:
        if self._is_last:
            return None
        chunk = self._build._next_chunk()
        if chunk.upload != self.upload:
            raise build_incomplete("context", f"Files of {chunk.upload} came between those of {self.upload}.")
        self._is_last = chunk.last
        return chunk.data


class Build(StreamCall):
    """The call of ``build``. Its methods wait until the host takes what they send, and raise :class:`Cancelled` when the call
    is over."""

    def __init__(self, start: native_build_pb2.BuildStart, requests: Iterator[native_build_pb2.BuildRequest]):
        super().__init__()
        self.id = start.id
        """Unique; letters and digits."""
        self.spec = start.spec
        """The specification, resolved by the host: the Dockerfile is given as content; contexts are an upload, whose files
        follow, or an image; outputs have no destination, and attributes instead of typed forms."""
        self._requests: Requests[native_build_pb2.BuildRequest] = Requests(requests, self)
        contexts = [self.spec.context, *self.spec.named_contexts.values()]
        self._awaited = sum(one.WhichOneof("source") == "upload" for one in contexts)
        self._asking, self._writing = threading.Lock(), threading.Lock()

    def contexts(self) -> Iterator[ContextFiles]:
        """The files of each context that is an upload, in the order in which the host sends them. What is not read of one is
        skipped."""
        while self._awaited:
            files = ContextFiles(self, self._next_chunk())
            yield files
            for _ in files:
                pass
            self._awaited -= 1

    def credential(self, registry: str) -> RegistryCredential | None:
        """Asks the host for the login of a registry ("registry.example:5000", "docker.io"); None when there is none. Read all
        contexts before."""
        if self._awaited:
            raise RuntimeError("a login was asked for before all contexts were read")
        with self._asking:
            credential = native_build_pb2.CredentialRequest(registry=registry)
            self._send(native_build_pb2.BuildResponse(credential=credential))
            request = self._requests.next()
        if request is None or request.credential.registry != registry:
            raise build_incomplete("credential", f"The host did not answer the request for the login of {registry}.")
        return request.credential.credential if request.credential.HasField("credential") else None

    def progress(self, progress: BuildProgress) -> None:
        """Reports steps that changed, and their output. The driver chooses names and identities."""
        self._send(native_build_pb2.BuildResponse(progress=progress))

    def warn(self, warning: Diagnostic) -> None:
        """Reports a finding that does not fail the build."""
        self._send(native_build_pb2.BuildResponse(warning=warning))

    @contextlib.contextmanager
    def output(self, index: int) -> Iterator[Writer]:
        """Sends an output, by its index in ``spec.outputs``: gives a writer for the archive ("oci", "docker"), or for a tar
        archive of the files ("tar", "local"). It is complete at the end of the block, without an exception. Outputs are sent
        one after another. Images in a registry or a store have none."""

        def send(data: bytes = b"", last: bool = False) -> None:
            output = native_build_pb2.OutputData(output=index, data=data, last=last)
            self._send(native_build_pb2.BuildResponse(output=output))

        with self._writing:
            writer = Writer(send)
            yield writer
            writer._flush()
            send(last=True)

    def _next_chunk(self) -> native_build_pb2.ContextData:
        request = self._requests.next()
        if request is None or not request.HasField("context"):
            raise build_incomplete("context", "The files of a context are incomplete.")
        return request.context


def build_incomplete(field: str, message: str) -> DriverError:
    """INVALID_ARGUMENT: the requests of a build are out of order or end early."""
    return invalid_request(field, "BUILD_INCOMPLETE", message)
