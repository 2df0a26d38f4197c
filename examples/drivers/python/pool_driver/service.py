"""The driver's implementation of DriverService."""

import asyncio

import grpc
from slipway.driver.v1 import driver_pb2, driver_pb2_grpc, node_pb2

from pool_driver.configuration import DESCRIPTOR, NAME, implicit_builders, members_of, timeout_of, validate
from pool_driver.dial import CHUNK_BYTES, Dialer, pump
from slipway_plugin.errors import DriverError, streaming, unary
from pool_driver.members import Pool, open_member
from slipway_plugin.serve import MAX_MESSAGE_BYTES

# How long Bootstrap waits for a member, in seconds.
_WAIT_SECONDS = 20


class PoolDriver(driver_pb2_grpc.DriverServiceServicer):
    """The driver. It has no state of nodes: each call probes the members."""

    def __init__(self, folder: str):
        self._dialer = Dialer(folder, Pool())

    async def close(self) -> None:
        """Closes all dialled connections."""
        await self._dialer.close()

    @unary
    async def Handshake(self, request, context):
        return driver_pb2.HandshakeResponse(
            plugin={"peer": {"name": "pool-driver", "version": "0.1.0"}, "vendor": "Slipway examples"},
            drivers=[DESCRIPTOR],
            limits={"max_message_bytes": MAX_MESSAGE_BYTES},
        )

    @unary
    async def ListImplicitBuilders(self, request, context):
        _check_driver(request.driver)
        return implicit_builders(request.environment)

    @unary
    async def Validate(self, request, context):
        _check_request(request)
        return validate(request.config)

    @unary
    async def Inspect(self, request, context):
        return driver_pb2.InspectResponse(status=await _inspect(_node_of(request)))

    @streaming
    async def Bootstrap(self, request, context):
        config = _node_of(request)
        step = {"id": "members", "name": "[internal] waiting for a member of the pool"}
        yield driver_pb2.BootstrapResponse(progress=step)
        deadline = asyncio.get_running_loop().time() + _WAIT_SECONDS
        while (status := await _inspect(config)).state != node_pb2.NODE_STATE_RUNNING:
            if asyncio.get_running_loop().time() > deadline:
                yield driver_pb2.BootstrapResponse(progress={**step, "done": True, "error": status.reason})
                raise DriverError(grpc.StatusCode.UNAVAILABLE, status.reason_code, status.reason, status.remedy)
            yield driver_pb2.BootstrapResponse(progress={**step, "log": f"{status.reason} Trying again.\n"})
            await asyncio.sleep(1)
        yield driver_pb2.BootstrapResponse(progress={**step, "done": True})
        yield driver_pb2.BootstrapResponse(status=status)

    @unary
    async def Remove(self, request, context):
        _node_of(request)  # The driver creates nothing, so there is nothing to remove.
        return driver_pb2.RemoveResponse()

    @unary
    async def Dial(self, request, context):
        config, key = _node_of(request), request.affinity_key
        (await self._dialer.open(config, key)).close()
        return driver_pb2.DialResponse(unix={"path": await self._dialer.listen(config, key)})

    @streaming
    async def Tunnel(self, requests, context):
        requests = aiter(requests)
        first = await anext(requests, None)
        if first is None or not first.HasField("dial"):
            message = "The first message of a tunnel must have a dial request."
            raise DriverError(grpc.StatusCode.INVALID_ARGUMENT, "DIAL_MISSING", message, field="dial")
        stream = await self._dialer.open(_node_of(first.dial), first.dial.affinity_key)

        async def sent():
            async for request in requests:
                if request.data:
                    yield request.data

        sending = asyncio.create_task(pump(sent(), stream.writer))
        try:
            async for data in stream.chunks(CHUNK_BYTES):
                yield driver_pb2.TunnelResponse(data=data)
        except OSError as error:
            message = f"The connection to {stream.member} broke: {error}."
            raise DriverError(grpc.StatusCode.UNAVAILABLE, "CONNECTION_LOST", message) from error
        finally:
            sending.cancel()
            stream.close()


async def _inspect(config: node_pb2.NodeConfig) -> node_pb2.NodeStatus:
    """Probes all members concurrently. The pool runs if one answers."""

    async def probe(member: str) -> node_pb2.DynamicNode:
        try:
            (await open_member(member, timeout_of(config))).close()
            return node_pb2.DynamicNode(name=member, state=node_pb2.NODE_STATE_RUNNING)
        except OSError as error:
            reason = f"The member {member} does not answer: {error}."
            return node_pb2.DynamicNode(name=member, state=node_pb2.NODE_STATE_UNREACHABLE, reason=reason)

    members = await asyncio.gather(*map(probe, members_of(config)))
    up = sum(member.state == node_pb2.NODE_STATE_RUNNING for member in members)
    status = node_pb2.NodeStatus(backend=f"pool, {up} of {len(members)} members up", dynamic_nodes=members)
    if up:
        status.state = node_pb2.NODE_STATE_RUNNING
    else:
        status.state = node_pb2.NODE_STATE_UNREACHABLE
        status.reason = " ".join(member.reason for member in members)
        status.reason_code = "POOL_UNREACHABLE"
        status.remedy = "Start a member, or change the driver option members."
    return status


def _check_driver(driver: str) -> None:
    if driver != NAME:
        message = f'This plugin has no driver "{driver}", only {NAME}.'
        raise DriverError(grpc.StatusCode.NOT_FOUND, "DRIVER_UNKNOWN", message)


def _check_request(request) -> None:
    _check_driver(request.driver)
    if not request.HasField("config"):
        message = "The node's configuration is missing."
        raise DriverError(grpc.StatusCode.INVALID_ARGUMENT, "CONFIG_MISSING", message, field="config")


def _node_of(request) -> node_pb2.NodeConfig:
    """Returns the validated configuration of a call."""
    _check_request(request)
    verdict = validate(request.config)
    for one in verdict.diagnostics:
        raise DriverError(grpc.StatusCode.INVALID_ARGUMENT, one.reason, one.message, one.remedy, one.field)
    return verdict.config
