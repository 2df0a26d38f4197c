"""A driver whose methods do what a test says, and a client of it."""

import contextlib
import tempfile
from concurrent.futures import ThreadPoolExecutor

import grpc
from google.rpc import error_details_pb2, status_pb2
from slipway.driver.v1 import driver_pb2_grpc

from slipway_driver import AnyDriver, Descriptor, Driver, NodeConfig, NodeState, NodeStatus
from slipway_driver._drivers import Drivers
from slipway_driver._plugin import Plugin
from slipway_driver._service import Service
from slipway_driver._leases import Leases

NODE = NodeConfig(node="n0")


class Fake(Driver):
    """Runs always, and fails when it is removed."""

    descriptor = Descriptor(name="fake")

    def bootstrap(self, config, boot):
        pass

    def inspect(self, config, call):
        return NodeStatus(state=NodeState.RUNNING)

    def remove(self, config, call, options):
        raise RuntimeError("out of order")

    def acquire(self, config, lease):
        raise NotImplementedError


@contextlib.contextmanager
def client_of(driver: AnyDriver):
    """A client of a driver, with all that the SDK adds."""
    with channel_to(driver) as channel:
        yield driver_pb2_grpc.DriverServiceStub(channel)


@contextlib.contextmanager
def channel_to(driver: AnyDriver, is_far: bool = False):
    """A channel to a plugin with a driver, which may be on another machine than the host."""
    with tempfile.TemporaryDirectory() as folder:
        leases = Leases(None if is_far else folder)
        service = Service(Plugin("fake", "0.1.0", "", "", ()), Drivers([driver]), leases)
        server = grpc.server(ThreadPoolExecutor(8))
        service.add_to(server)
        server.add_insecure_port(f"unix:{folder}/plugin")
        server.start()
        try:
            with grpc.insecure_channel(f"unix:{folder}/plugin") as channel:
                yield channel
        finally:
            leases.close()
            server.stop(None).wait()
            service.end(1)


def reason_of(error: grpc.RpcError) -> tuple[str, str, dict[str, str]]:
    """The code, the reason and the metadata of an error."""
    details = dict(error.trailing_metadata())["grpc-status-details-bin"]
    info = error_details_pb2.ErrorInfo()
    status_pb2.Status.FromString(details).details[0].Unpack(info)
    assert info.domain == "driver.slipway.dev"
    return error.code().name, info.reason, dict(info.metadata)
