from __future__ import annotations

import itertools
import os
import threading
import uuid
from typing import BinaryIO, Callable, Generator, Iterable, Optional

import grpc
from slipway.build.v1 import build_result_pb2, build_spec_pb2, context_pb2
from slipway.common.v1 import capability_pb2
from slipway.v1 import (
    build_event_pb2,
    build_pb2,
    build_pb2_grpc,
    builder_pb2_grpc,
    host_pb2,
    host_pb2_grpc,
    plugin_pb2_grpc,
    upload_pb2_grpc,
)

from ._address import select_address
from ._channel import open_channel
from ._errors import SlipwayError, is_refused_token, of_build, typed_errors
from ._host import ensure_host
from ._reconnect import reconnect
from ._tokens import TokenSource
from ._upload import upload_context

OnEvent = Callable[[build_event_pb2.BuildEvent], None]


_VERSION = "0.1.0"
"""Version of this package. A host of this machine that is older ends once it is idle."""


def connect(
    name: str = "slipway-python",
    version: str = _VERSION,
    required_capabilities: Iterable[str] = (),
    start: bool = True,
    tokens: Optional[TokenSource] = None,
) -> Client:
    """Connects to the host at $SLIPWAY_HOST, or else to this user's host, which is started if none is running.

    $SLIPWAY is the program of the host; without it, docs/api.md says where it is found.
    Fails if the host lacks one of the ``required_capabilities``. With ``start=False``, no host is started.

    ``tokens`` gives the tokens of calls to a host on TCP, instead of $SLIPWAY_TOKEN_FILE; HOST_ADDRESS_INVALID if they
    would be sent in clear text over a network. A call raises SlipwayError with the reason TOKEN_SOURCE_FAILED when it
    fails, or its exception if that is a SlipwayError.
    """
    address = select_address(has_tokens=tokens is not None)
    if address.socket:
        ensure_host(address.socket, start)
    client = Client(open_channel(address, tokens))
    try:
        client._negotiate(name, version, list(required_capabilities))
    except BaseException:
        client.close()
        raise
    return client


class Client:
    """A connection to a host, after negotiation. Use it in a ``with`` statement."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._channel = channel
        self._closed = threading.Event()
        self.builds = build_pb2_grpc.BuildServiceStub(channel)
        self.builders = builder_pb2_grpc.BuilderServiceStub(channel)
        self.plugins = plugin_pb2_grpc.PluginServiceStub(channel)
        self.host = host_pb2_grpc.HostServiceStub(channel)
        self.uploads = upload_pb2_grpc.UploadServiceStub(channel)
        self.capabilities: dict[str, capability_pb2.Capability] = {}
        """The host's capabilities for this client, by id."""
        self.limits = host_pb2.HostLimits()
        """The host's limits for messages."""
        self.environment: dict[str, str] = {}
        """The environment variables that the host's drivers ask for, to send in requests."""

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connection and ends the calls in progress. Builds continue."""
        self._closed.set()
        self._channel.close()

    @property
    def is_local(self) -> bool:
        """Whether the host can read this machine's files, so that paths can replace uploads."""
        return "paths.local" in self.capabilities

    def local_context(self, folder: str) -> context_pb2.Context:
        """A folder as a context: its path if the host can read this machine's files, otherwise an upload."""
        if self.is_local:
            return context_pb2.Context(path=os.path.abspath(folder))
        return context_pb2.Context(upload=self.upload_context(folder))

    def upload_context(self, folder: str) -> str:
        """Uploads a folder, except for what its .dockerignore excludes, and returns the id of the upload.

        Sends only contents that the host lacks.
        """
        with typed_errors():
            return upload_context(self.uploads, folder, self.limits.max_chunk_bytes)

    def build(
        self, spec: build_spec_pb2.BuildSpec, on_event: Optional[OnEvent] = None
    ) -> build_result_pb2.BuildResult:
        """Runs a build to its end and returns its result; raises SlipwayError if the build fails.

        Calls ``on_event`` with each event. Any other exception, from ``on_event`` or Ctrl-C, cancels the build.
        """
        build_id = self.start(spec)
        try:
            return self.follow(build_id, on_event)
        except SlipwayError:
            raise
        except BaseException:
            self.builds.CancelBuild(build_pb2.CancelBuildRequest(id=build_id))
            raise

    def start(self, spec: build_spec_pb2.BuildSpec) -> str:
        """Starts a build and returns its id. A retry after a lost connection starts no second build."""
        if not spec.environment:
            spec.environment.update(self.environment)
        request = build_pb2.StartBuildRequest(request_id=str(uuid.uuid4()), spec=spec)
        for attempt in itertools.count():
            try:
                with typed_errors():
                    return self.builds.StartBuild(request).build.id
            except SlipwayError as error:
                reconnect(error, attempt, self._closed)

    def follow(self, build_id: str, on_event: Optional[OnEvent] = None) -> build_result_pb2.BuildResult:
        """Watches a build from its beginning to its end.

        Reconnects after a lost connection, and once when the host has refused the token, without losing or repeating an
        event. Stops watching when ``on_event`` raises.
        """
        sequence, lost, refused = 1, 0, False
        events = self._watch(build_id, sequence)
        try:
            while True:
                try:
                    event = next(events)
                except SlipwayError as error:
                    if is_refused_token(error) and not refused:
                        refused = True
                    else:
                        reconnect(error, lost, self._closed)
                        lost += 1
                    events = self._watch(build_id, sequence)
                    continue
                sequence, lost, refused = event.sequence + 1, 0, False
                if on_event:
                    on_event(event)
                if event.HasField("finished"):
                    return _outcome(event.finished)
        finally:
            events.close()

    def _watch(self, build_id: str, sequence: int) -> Generator[build_event_pb2.BuildEvent, None, None]:
        """The events of one call. They never end without an error."""
        request = build_pb2.WatchBuildRequest(id=build_id, from_sequence=sequence)
        with typed_errors():
            call = self.builds.WatchBuild(request)
            try:
                for answer in call:
                    yield answer.event
            finally:
                # An interceptor, such as OpenTelemetry's, can return a generator in place of the call.
                cancel = getattr(call, "cancel", None) or call.close
                cancel()
        raise SlipwayError(grpc.StatusCode.UNAVAILABLE, "", "The stream ended before the build did.")

    def read_output(self, build_id: str, output: int, to: BinaryIO) -> None:
        """Copies a streamed output of a running build. Call it after the output's ``output_ready`` event."""
        with typed_errors():
            for chunk in self.builds.ReadOutput(build_pb2.ReadOutputRequest(id=build_id, output=output)):
                to.write(chunk.data)

    def _negotiate(self, name: str, version: str, required: list[str]) -> None:
        request = host_pb2.NegotiateRequest(
            client=capability_pb2.Peer(name=name, version=version), required_capabilities=required
        )
        with typed_errors():
            answer = self.host.Negotiate(request)
        self.limits = answer.limits
        self.capabilities = {capability.id: capability for capability in answer.capabilities}
        variables = answer.environment.variables
        self.environment = {variable: os.environ[variable] for variable in variables if variable in os.environ}


def _outcome(finished: build_event_pb2.BuildFinished) -> build_result_pb2.BuildResult:
    if finished.state == build_event_pb2.BUILD_STATE_SUCCEEDED:
        return finished.result
    raise of_build(finished.error)
