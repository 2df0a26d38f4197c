"""DriverService of a plugin's drivers."""

import logging
import threading
from collections.abc import Iterator

import grpc
from slipway.driver.v1 import driver_pb2, driver_pb2_grpc, image_store_pb2_grpc
from slipway.nativebuild.v1 import native_build_pb2_grpc

from slipway_driver import _streams
from slipway_driver._boot import Boot
from slipway_driver._call import Call, Cancelled
from slipway_driver._check import upgrade, validate
from slipway_driver._config import Config
from slipway_driver._driver import AnyDriver, Driver, NativeDriver, RemoveOptions
from slipway_driver._drivers import Drivers, capability_missing, need_config
from slipway_driver._errors import Code, DriverError, invalid_request
from slipway_driver._handlers import streaming, unary
from slipway_driver._image_store_service import ImageStoreService
from slipway_driver._leases import Leases
from slipway_driver._messages import NodeState, NodeStatus, config_version
from slipway_driver._native_build_service import NativeBuildService
from slipway_driver._node_locks import NodeLocks
from slipway_driver._pages import Page
from slipway_driver._plugin import MAX_MESSAGE_BYTES, Plugin
from slipway_driver._threads import Threads

_log = logging.getLogger(__name__)


class Service(driver_pb2_grpc.DriverServiceServicer):
    """The calls of the host."""

    def __init__(self, plugin: Plugin, drivers: Drivers, leases: Leases):
        self._plugin, self._drivers, self._leases = plugin, drivers, leases
        self._nodes = NodeLocks()
        self._threads = Threads()

    def add_to(self, server: grpc.Server) -> None:
        """Adds the services of the drivers to a server."""
        driver_pb2_grpc.add_DriverServiceServicer_to_server(self, server)
        stores = ImageStoreService(self._drivers, self._leases, self._threads)
        image_store_pb2_grpc.add_ImageStoreServiceServicer_to_server(stores, server)
        builds = NativeBuildService(self._drivers, self._threads)
        native_build_pb2_grpc.add_NativeBuildServiceServicer_to_server(builds, server)

    def end_leases(self) -> None:
        """Ends all leases, because the plugin ends."""
        self._leases.close()

    def end(self, seconds: float) -> None:
        """Cancels what drivers do, and waits until it has ended, for a limited time."""
        self._threads.end(seconds)

    @unary
    def Handshake(self, request, call):
        for name in self._plugin.requires:
            if any(one.id == name for one in request.capabilities):
                continue
            message = f"The plugin {self._plugin.name} needs a host with the capability {name}."
            remedy = "Update the host, or use an older version of the plugin."
            facts = {"capability": name}
            raise DriverError(Code.FAILED_PRECONDITION, "CAPABILITY_REQUIRED", message, remedy, metadata=facts)
        peer = {"name": self._plugin.name, "version": self._plugin.version}
        return driver_pb2.HandshakeResponse(
            plugin={"peer": peer, "vendor": self._plugin.vendor, "url": self._plugin.url},
            drivers=self._drivers.descriptors,
            limits={"max_message_bytes": MAX_MESSAGE_BYTES},
        )

    @unary
    def ListImplicitBuilders(self, request, call):
        driver = self._drivers.get_with(request.driver, "implicit_builders", "ListImplicitBuilders")
        page = Page(request)
        answer = driver.implicit_builders(dict(request.environment), call)
        builders, token = page.of(answer.builders, lambda one: one.config.builder)
        return driver_pb2.ListImplicitBuildersResponse(
            builders=builders, diagnostics=answer.diagnostics, next_page_token=token
        )

    @unary
    def Validate(self, request, call):
        driver = self._drivers.get(request.driver)
        need_config(request)
        config, found = validate(driver, request.config, dict(request.environment))
        return driver_pb2.ValidateResponse(diagnostics=found, config=config.message() if config else None)

    @unary
    def UpgradeConfig(self, request, call):
        driver = self._drivers.get(request.driver)
        need_config(request)
        version = config_version(driver.descriptor)
        if not 1 <= request.from_version < version:
            message = (
                f"The configuration of the driver {request.driver} has version {version}, "
                f"so it cannot be upgraded from version {request.from_version}."
            )
            raise invalid_request("from_version", "CONFIG_VERSION_INVALID", message)
        config, found = upgrade(driver, request.config, request.from_version)
        return driver_pb2.UpgradeConfigResponse(diagnostics=found, config=config.message() if config else None)

    @streaming
    def Bootstrap(self, request, call) -> Iterator[driver_pb2.BootstrapResponse]:
        driver, config = self._drivers.node(request)
        boot = Boot(request.credentials)

        def work() -> NodeStatus:
            with self._nodes.hold(request.driver, config.node, boot):
                driver.bootstrap(config, boot)
                return driver.inspect(config, boot)

        status = yield from boot._run(call, self._threads, work)
        yield driver_pb2.BootstrapResponse(status=status)

    @unary
    def Inspect(self, request, call):
        driver, config = self._drivers.node(request)
        return driver_pb2.InspectResponse(status=_inspect(driver, config, call))

    @unary
    def Stop(self, request, call):
        driver = self._drivers.get_with(request.driver, "stop", "Stop")
        _, config = self._drivers.node(request)
        with self._nodes.hold(request.driver, config.node, call):
            driver.stop(config, call, request.force)
            return driver_pb2.StopResponse(status=_inspect(driver, config, call))

    @unary
    def Remove(self, request, call):
        driver, config = self._drivers.node(request)
        options = RemoveOptions(request.force, request.keep_state, request.keep_daemon)
        with self._nodes.hold(request.driver, config.node, call):
            removal = driver.remove(config, call, options)
            return driver_pb2.RemoveResponse(removed=removal.removed, kept=removal.kept)

    @streaming
    def Acquire(self, request, call) -> Iterator[driver_pb2.AcquireResponse]:
        driver, config = self._drivers.node(request)
        if not isinstance(driver, Driver):
            raise _builds_alone(request.driver)
        lease = self._leases.add(request)
        failures: list[BaseException] = []

        def work() -> None:
            try:
                driver.acquire(config, lease)
            except BaseException as error:  # Raised again in the call.
                failures.append(error)
            finally:
                lease._events.put(None)

        with call.on_cancel(lambda: self._leases.remove(lease)):
            self._threads.start(lease, work)
            try:
                yield from lease._responses()
            finally:
                released = lease.cancelled
                self._leases.remove(lease)
        failure = failures[0] if failures else None
        if released:
            if failure and not isinstance(failure, Cancelled):
                _log.warning("Releasing the lease %s failed: %s", lease.context.lease_id, failure)
            if self._leases.stopping:
                raise DriverError(Code.UNAVAILABLE, "PLUGIN_STOPPING", "The plugin is shutting down.")
        elif failure:
            raise failure
        else:
            raise DriverError(Code.INTERNAL, "DRIVER_FAULT", "The driver ended the lease without a reason.")

    @streaming
    def Tunnel(self, requests, call) -> Iterator[driver_pb2.TunnelResponse]:
        first = next(requests, None)
        if first is None or not first.HasField("start"):
            raise invalid_request("start", "START_MISSING", "The first message of a tunnel must name its lease.")
        if isinstance(self._drivers.get(first.start.driver), NativeDriver):
            raise capability_missing(first.start.driver, "Tunnel", "tunnel")
        streams = self._leases.find(first.start)._relay
        connection = streams.connect(call)

        def send() -> None:
            try:
                _streams.pump((one.data for one in requests if one.data), connection)
            except (OSError, grpc.RpcError):
                pass  # Reading fails too, or the call is over.

        try:
            with call.on_cancel(lambda: _streams.end(connection)):
                threading.Thread(target=send, daemon=True).start()
                for data in _streams.chunks(connection):
                    yield driver_pb2.TunnelResponse(data=data)
        except OSError as error:
            message = f"The connection to BuildKit broke: {error}."
            raise DriverError(Code.UNAVAILABLE, "CONNECTION_LOST", message) from error
        finally:
            _streams.end(connection)
            connection.close()
            streams.forget(connection)


def _builds_alone(driver: str) -> DriverError:
    """UNIMPLEMENTED for a lease of a driver without BuildKit."""
    message = f"The driver {driver} builds without BuildKit, so there is nothing to lease."
    return DriverError(Code.UNIMPLEMENTED, "CAPABILITY_MISSING", message, metadata={"capability": "build.native"})


def _inspect(driver: AnyDriver, config: Config, call: Call) -> NodeStatus:
    """The state of the node. A typed error is the state UNREACHABLE, unless the call is over."""
    try:
        return driver.inspect(config, call)
    except DriverError as error:
        if call.cancelled:
            raise Cancelled from error
        return NodeStatus(
            state=NodeState.UNREACHABLE, reason=error.reason, message=error.message, remedy=error.remedy
        )
