"""The driver."""

import time
from concurrent.futures import ThreadPoolExecutor

from slipway_driver import (
    Boot,
    Call,
    Check,
    Code,
    Config,
    Driver,
    DriverError,
    DynamicNode,
    ImplicitBuilders,
    Lease,
    NodeState,
    NodeStatus,
    Removal,
    RemoveOptions,
    stream,
)

from pool_driver.configuration import DESCRIPTOR, check_configuration, implicit_builders, members_of
from pool_driver.members import Pool, open_member

# How long Bootstrap waits for a member, in seconds.
_WAIT_SECONDS = 20


class PoolDriver(Driver):
    """The driver. It has no state of nodes: each call probes the members."""

    descriptor = DESCRIPTOR

    def __init__(self) -> None:
        self._pool = Pool()

    def validate(self, check: Check) -> None:
        check_configuration(check)

    def implicit_builders(self, environment: dict[str, str], call: Call) -> ImplicitBuilders:
        return implicit_builders(self, environment)

    def inspect(self, config: Config, call: Call) -> NodeStatus:
        """Probes all members concurrently. The pool runs if one answers."""

        def probe(member: str) -> DynamicNode:
            try:
                open_member(member, config.int("timeout")).close()
                return DynamicNode(name=member, state=NodeState.RUNNING)
            except OSError as error:
                return DynamicNode(
                    name=member,
                    state=NodeState.UNREACHABLE,
                    reason="POOL_MEMBER_UNREACHABLE",
                    message=f"The member {member} does not answer: {error}.",
                )

        names = members_of(config)
        with ThreadPoolExecutor(len(names)) as threads:
            members = list(threads.map(probe, names))
        up = sum(member.state == NodeState.RUNNING for member in members)
        status = NodeStatus(
            state=NodeState.RUNNING, backend=f"pool, {up} of {len(members)} members up", dynamic_nodes=members
        )
        if not up:
            status.state = NodeState.UNREACHABLE
            status.reason = "POOL_UNREACHABLE"
            status.message = " ".join(member.message for member in members)
            status.remedy = "Start a member, or change the driver option members."
        return status

    def bootstrap(self, config: Config, boot: Boot) -> None:
        deadline = time.monotonic() + _WAIT_SECONDS
        with boot.step("members", "[internal] waiting for a member of the pool") as step:
            while (status := self.inspect(config, boot)).state != NodeState.RUNNING:
                if time.monotonic() > deadline:
                    raise DriverError(Code.UNAVAILABLE, status.reason, status.message, status.remedy)
                step.log(f"{status.message} Trying again.\n")
                boot.sleep(1)

    def remove(self, config: Config, call: Call, options: RemoveOptions) -> Removal:
        return Removal()  # The driver creates nothing, so there is nothing to remove.

    def acquire(self, config: Config, lease: Lease) -> None:
        members, key, timeout = members_of(config), lease.context.affinity_key, config.int("timeout")
        lease.hold(stream(lambda _: self._pool.open(members, key, timeout)))
