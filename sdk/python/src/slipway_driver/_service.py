"""DriverService of a plugin's drivers."""

import logging
import queue
import threading
import time
from collections.abc import Iterator

import grpc
from slipway.common.v1 import progress_pb2
from slipway.driver.v1 import driver_pb2, driver_pb2_grpc

from slipway_driver import _streams
from slipway_driver._call import Boot, Call, Cancelled, StepCall
from slipway_driver._check import refusal, upgrade, validate
from slipway_driver._config import Config
from slipway_driver._driver import Driver, RemoveOptions
from slipway_driver._drivers import Drivers
from slipway_driver._errors import Code, DriverError, invalid_request
from slipway_driver._handlers import streaming, unary
from slipway_driver._leases import Leases
from slipway_driver._messages import NodeState, NodeStatus, config_version
from slipway_driver._node_locks import NodeLocks
from slipway_driver._pages import Page
from slipway_driver._plugin import MAX_MESSAGE_BYTES, Plugin

_log = logging.getLogger(__name__)

# How often the open steps of a boot are reported again, in seconds.
_REPEAT_SECONDS = 2


class Service(driver_pb2_grpc.DriverServiceServicer):
    """The calls of the host."""

    def __init__(self, plugin: Plugin, drivers: Drivers, leases: Leases):
        self._plugin, self._drivers, self._leases = plugin, drivers, leases
        self._nodes = NodeLocks()
        # The boots and leases, which run in threads of their own.
        self._running: dict[StepCall, threading.Thread] = {}

    def end_leases(self) -> None:
        """Ends all leases, because the plugin ends."""
        self._leases.close()

    def end(self, seconds: float) -> None:
        """Cancels boots and leases, and waits until they have ended, for a limited time."""
        for call in list(self._running):
            call._end()
        until = time.monotonic() + seconds
        for thread in list(self._running.values()):
            thread.join(max(0, until - time.monotonic()))

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
        _need_config(request)
        config, found = validate(driver, request.config, dict(request.environment))
        return driver_pb2.ValidateResponse(diagnostics=found, config=config.message() if config else None)

    @unary
    def UpgradeConfig(self, request, call):
        driver = self._drivers.get(request.driver)
        _need_config(request)
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
        driver, config = self._node(request)
        boot = Boot(request.credentials)
        results: list[NodeStatus | BaseException] = []

        def work() -> None:
            try:
                with self._nodes.hold(request.driver, config.node, boot):
                    driver.bootstrap(config, boot)
                    results.append(driver.inspect(config, boot))
            except BaseException as error:  # Raised again in the call.
                results.append(error)
            finally:
                self._running.pop(boot)
                boot._reports.put(None)

        with call.on_cancel(boot._end):
            self._running[boot] = threading.Thread(target=work, daemon=True)
            self._running[boot].start()
            for step in self._steps(boot):
                yield driver_pb2.BootstrapResponse(progress=step)
        (result,) = results
        if isinstance(result, BaseException):
            raise result
        yield driver_pb2.BootstrapResponse(status=result)

    def _steps(self, boot: Boot) -> Iterator[progress_pb2.Progress]:
        while True:
            try:
                step = boot._reports.get(timeout=_REPEAT_SECONDS)
            except queue.Empty:
                yield from boot._repeat()
                continue
            if step is None:
                return
            yield step

    @unary
    def Inspect(self, request, call):
        driver, config = self._node(request)
        return driver_pb2.InspectResponse(status=_inspect(driver, config, call))

    @unary
    def Stop(self, request, call):
        driver = self._drivers.get_with(request.driver, "stop", "Stop")
        _, config = self._node(request)
        with self._nodes.hold(request.driver, config.node, call):
            driver.stop(config, call, request.force)
            return driver_pb2.StopResponse(status=_inspect(driver, config, call))

    @unary
    def Remove(self, request, call):
        driver, config = self._node(request)
        options = RemoveOptions(request.force, request.keep_state, request.keep_daemon)
        with self._nodes.hold(request.driver, config.node, call):
            return driver_pb2.RemoveResponse(removed=driver.remove(config, call, options))

    @streaming
    def Acquire(self, request, call) -> Iterator[driver_pb2.AcquireResponse]:
        driver, config = self._node(request)
        lease = self._leases.add(request)
        failures: list[BaseException] = []

        def work() -> None:
            try:
                driver.acquire(config, lease)
            except BaseException as error:  # Raised again in the call.
                failures.append(error)
            finally:
                self._running.pop(lease)
                lease._events.put(None)

        with call.on_cancel(lambda: self._leases.remove(lease)):
            self._running[lease] = threading.Thread(target=work, daemon=True)
            self._running[lease].start()
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
        self._drivers.get(first.start.driver)
        streams = self._leases.find(first.start)._streams
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

    def _node(self, request) -> tuple[Driver, Config]:
        """The driver of a call, and the node's configuration in normal form."""
        driver = self._drivers.get(request.driver)
        _need_config(request)
        config, found = validate(driver, request.config)
        if config is None:
            raise refusal(found)
        return driver, config


def _need_config(request) -> None:
    if not request.HasField("config"):
        raise invalid_request("config", "CONFIG_MISSING", "The node's configuration is missing.")


def _inspect(driver: Driver, config: Config, call: Call) -> NodeStatus:
    """The state of the node. A typed error is the state UNREACHABLE, unless the call is over."""
    try:
        return driver.inspect(config, call)
    except DriverError as error:
        if call.cancelled:
            raise Cancelled from error
        return NodeStatus(
            state=NodeState.UNREACHABLE, reason=error.reason, message=error.message, remedy=error.remedy
        )
