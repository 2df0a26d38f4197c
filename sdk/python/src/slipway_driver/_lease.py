"""A lease of a node's BuildKit."""

import datetime
import queue
from collections.abc import Iterator, Mapping

from slipway.common.v1 import progress_pb2
from slipway.driver.v1 import driver_pb2

from slipway_driver._call import StepCall
from slipway_driver._endpoint import Endpoint, timestamp, unreachable
from slipway_driver._messages import LeaseContext, RegistryCredential
from slipway_driver._relay import Relay


class Lease(StepCall):
    """The call of ``acquire``. It is over when the host releases the lease or dies, or when the plugin ends."""

    def __init__(self, context: LeaseContext, credentials: Mapping[str, RegistryCredential], path: str | None):
        super().__init__()
        self.context = context
        """Who wants the lease and what for."""
        self.credentials = dict(credentials)
        """Logins for pulling images, by registry host: those of ``NodeStatus.image_registries``."""
        self._events: queue.SimpleQueue[driver_pb2.AcquireResponse | None] = queue.SimpleQueue()
        self._relay = Relay(self, path, unreachable)

    def hold(self, endpoint: Endpoint) -> None:
        """Offers an endpoint and returns after the release: all that a driver does that creates nothing for a lease."""
        self.offer(endpoint)
        self.wait()

    def offer(self, endpoint: Endpoint) -> None:
        """Gives the host an endpoint: the first one makes the lease usable, later ones renew it. With a :func:`stream` it
        opens one first, and fails as that does."""
        self._events.put(driver_pb2.AcquireResponse(endpoint=self._relay.offer(endpoint)))

    def drain(self, reason: str, message: str, end: datetime.datetime | None = None) -> None:
        """Tells the host to start no new work on the lease, and the watchers of a build on it why and until when.

        :param reason: a stable name in UPPER_SNAKE_CASE
        :param message: a sentence for people
        :param end: when the lease ends at the latest; none when the driver waits for the release
        """
        draining = driver_pb2.Draining(reason=reason, message=message, end_time=end and timestamp(end))
        self._events.put(driver_pb2.AcquireResponse(draining=draining))

    def wait(self, seconds: float | None = None) -> bool:
        """Waits for the release; returns whether it has come."""
        return self._over.wait(seconds)

    def _report(self, step: progress_pb2.Progress) -> None:
        self._events.put(driver_pb2.AcquireResponse(progress=step))

    def _responses(self) -> Iterator[driver_pb2.AcquireResponse]:
        """The events, until the driver has ended its work."""
        while (event := self._events.get()) is not None:
            yield event

    def _end(self) -> None:
        super()._end()
        self._relay.end()
