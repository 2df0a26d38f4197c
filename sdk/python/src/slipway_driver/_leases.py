"""The leases of a plugin."""

import itertools
import os
import threading
import uuid

from slipway.driver.v1 import driver_pb2

from slipway_driver._errors import Code, DriverError, invalid_request
from slipway_driver._lease import Lease


class Leases:
    """Makes and finds leases."""

    def __init__(self, folder: str | None):
        """:param folder: for sockets; none when the host is on another machine"""
        self._folder = folder
        self._lock = threading.Lock()
        self._held: dict[str, tuple[str, Lease]] = {}
        self._numbers = itertools.count(1)
        self.stopping = False

    def socket_path(self, kind: str) -> str | None:
        """Where a new socket is made; none when the host is on another machine."""
        return os.path.join(self._folder, f"{kind}{next(self._numbers)}") if self._folder else None

    def add(self, request: driver_pb2.AcquireRequest) -> Lease:
        """Makes a lease; the caller calls :meth:`remove`."""
        lease_id = request.context.lease_id
        if not _is_uuid(lease_id):
            raise invalid_request("context.lease_id", "LEASE_ID_INVALID", "The id of the lease is not a UUID.")
        with self._lock:
            if lease_id in self._held:
                message = f"A lease with the id {lease_id} exists."
                raise DriverError(
                    Code.ALREADY_EXISTS, "LEASE_EXISTS", message, "Make a new UUID for each lease."
                )
            lease = Lease(request.context, request.credentials, self.socket_path("lease"))
            self._held[lease_id] = request.driver, lease
            return lease

    def find(self, start: driver_pb2.TunnelStart) -> Lease:
        """A lease of a driver."""
        driver, lease = self._held.get(start.lease_id, ("", None))
        if lease is None or lease.cancelled or driver != start.driver:
            message = f'The driver {start.driver} has no lease "{start.lease_id}", or it has ended.'
            raise DriverError(Code.NOT_FOUND, "LEASE_UNKNOWN", message)
        return lease

    def remove(self, lease: Lease) -> None:
        """Ends a lease. Further calls do nothing."""
        with self._lock:
            self._held.pop(lease.context.lease_id, None)
        lease._end()

    def close(self) -> None:
        """Ends all leases, because the plugin ends."""
        self.stopping = True
        for _, lease in list(self._held.values()):
            self.remove(lease)


def _is_uuid(text: str) -> bool:
    try:
        found = uuid.UUID(text)
    except ValueError:
        return False
    return str(found) == text.lower() and found.int != 0
