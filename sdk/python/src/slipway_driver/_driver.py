"""What every driver does."""

import abc
import dataclasses
from collections.abc import Sequence

from slipway_driver._boot import Boot
from slipway_driver._call import Call
from slipway_driver._check import Check
from slipway_driver._config import Config
from slipway_driver._image_store import ImageStore
from slipway_driver._lease import Lease
from slipway_driver._messages import BuildResult, Descriptor, ImplicitBuilders, NodeStatus
from slipway_driver._native_build import Build, BuildCheck

CREATE_BUILDERS = "builders.create"
"""Capability: users can create builders with the driver."""
DAEMON_CONFIG = "daemon.config"
"""Capability: the driver uses the files in ``Config.daemon_files``."""
DAEMON_FLAGS = "daemon.flags"
"""Capability: the driver uses ``Config.daemon_flags``."""


@dataclasses.dataclass(frozen=True)
class RemoveOptions:
    """What ``remove`` may delete."""

    force: bool = False
    """Remove the node even while it builds."""
    keep_state: bool = False
    """Keep the build cache for a later node with the same name."""
    keep_daemon: bool = False
    """Leave the daemon running and only forget it."""


@dataclasses.dataclass(frozen=True)
class Removal:
    """What ``remove`` did, by the names that things have in the backend."""

    removed: Sequence[str] = ()
    """What was removed."""
    kept: Sequence[str] = ()
    """What was kept because of ``keep_state`` or ``keep_daemon``."""


class AnyDriver(abc.ABC):
    """What every driver does, a :class:`Driver` and a :class:`NativeDriver`.

    The SDK calls the methods in threads, concurrently, except that ``bootstrap``, ``stop`` and ``remove`` of one node run
    one after another. Every call has the node's complete configuration in normal form, and can be repeated; a driver keeps
    no state of nodes.

    A method fails with :class:`DriverError`. An OSError becomes INTERNAL, reason DRIVER_FAULT, with its message; any other
    exception becomes the same error with the number of an incident, whose traceback is in the host's log.
    """

    descriptor: Descriptor
    """Describes the driver: its name, options, endpoint rules and priority. The name is required. List the capabilities
    that no method shows: CREATE_BUILDERS, DAEMON_CONFIG, DAEMON_FLAGS."""

    image_store: ImageStore | None = None
    """The image store, for the capability "image-store". The result of any build, whichever driver built it, can then be
    loaded into it."""

    @abc.abstractmethod
    def bootstrap(self, config: Config, boot: Boot) -> None:
        """Makes the node run: creates what is missing, starts what is stopped, applies changed settings, and returns when
        the node can build. The SDK then answers with what ``inspect`` returns. The next ``bootstrap`` or ``remove``
        handles what a cancelled call left behind."""

    @abc.abstractmethod
    def inspect(self, config: Config, call: Call) -> NodeStatus:
        """Returns the state of the node, quickly. An absent node is a state; a DriverError becomes the state UNREACHABLE
        with its reason and remedy."""

    @abc.abstractmethod
    def remove(self, config: Config, call: Call, options: RemoveOptions) -> Removal:
        """Deletes what ``bootstrap`` created, also the rest of a failed one, and returns what it removed and what it kept.
        Removing an absent node is no error."""

    def validate(self, check: Check) -> None:
        """Reports everything that is wrong beyond the descriptor, at once, and may change ``check.config``. It uses no
        backend. The normal form of a normal form must be the same, with any environment: the SDK validates before each call
        about a node."""

    def upgrade_config(self, check: Check, from_version: int) -> None:
        """Changes ``check.config`` from the normal form of an earlier version into a configuration that the driver accepts
        now, and reports what the user should know about it. It uses no backend. The SDK then makes the normal form. The
        version is at least 1, and below the descriptor's config_version. Overridden exactly when that is above 1."""
        raise NotImplementedError

    def stop(self, config: Config, call: Call, force: bool) -> None:
        """Ends what builds on the node and keeps its state; with ``force`` without waiting for running builds. Stopping a
        stopped or absent node is no error. The SDK then answers with what ``inspect`` returns. Overriding it is the
        capability "builders.stop"."""
        raise NotImplementedError

    def implicit_builders(self, environment: dict[str, str], call: Call) -> ImplicitBuilders:
        """Lists builders that nobody created. It reads the user's configuration, not the backend. What cannot be read is a
        diagnostic; the rest is listed. The environment has those of the descriptor's environment_variables that the user
        has set. It returns all builders, and the SDK makes the pages. Overriding it is the capability "builders.implicit"."""
        raise NotImplementedError

    def implements(self, method: str) -> bool:
        """Whether the driver overrides a method."""
        return getattr(type(self), method) is not getattr(AnyDriver, method)


class Driver(AnyDriver):
    """A driver that leads to a BuildKit."""

    @abc.abstractmethod
    def acquire(self, config: Config, lease: Lease) -> None:
        """Leases the node's BuildKit: offers an endpoint, and returns after the release. A driver that creates nothing for a
        lease calls ``lease.hold(endpoint)``. It fails, with the reason, when BuildKit cannot be reached, and later when the
        lease is lost. Ten seconds after the release nothing that belongs to the lease may be left; half a second when the
        plugin shuts down."""


class NativeDriver(AnyDriver):
    """A driver that builds by itself, without BuildKit, for the capability "build.native".

    ``descriptor.native_build`` says what a specification may ask for; the host refuses everything else before any work.
    ``NodeStatus.platforms`` are what the node builds for.
    """

    @abc.abstractmethod
    def check_build(self, config: Config, check: BuildCheck) -> None:
        """Reports everything that is wrong with a specification at once, before the build is accepted. It uses no backend.
        Values of secrets are left out."""

    @abc.abstractmethod
    def build(self, config: Config, build: Build) -> BuildResult:
        """Builds on a running node. A build that fails raises :class:`BuildFailed`. When the call is over, the build ends and
        nothing of it may remain. Secrets must not be written to a disk, a log or an error."""
