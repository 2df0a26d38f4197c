"""The configuration of a node."""

from slipway_driver._messages import NodeConfig
from slipway_driver._values import parse_duration, parse_map


class Config:
    """The configuration of a node in normal form: every option is valid, and has its default if it has one."""

    def __init__(self, message: NodeConfig):
        self._rest = message
        self.builder: str = message.builder
        """Name of the builder."""
        self.node: str = message.node
        """Name of the node, unique on the host. A driver names what it creates after it."""
        self.endpoint: str = message.endpoint
        """Where the node is, in the form that the driver defines."""
        self.options: dict[str, str] = dict(message.options)
        """The driver options by name."""
        self.daemon_flags: list[str] = list(message.daemon_flags)
        """Extra command line flags for buildkitd."""
        self.daemon_files: dict[str, bytes] = dict(message.daemon_files)
        """Files for the daemon by path below its configuration folder."""
        self.platforms: list[str] = list(message.platforms)
        """Platforms that the user pinned to the node."""

    def __repr__(self) -> str:
        # Options may be secret.
        return f"Config({self.node!r})"

    def bool(self, option: str) -> bool:
        """The value of an option of the type BOOL; False when it is not set."""
        return self.options.get(option) == "true"

    def int(self, option: str) -> int:
        """The value of an option of the type INT or BYTES; 0 when it is not set."""
        return int(self.options.get(option, "0"))

    def duration(self, option: str) -> float:
        """The value of an option of the type DURATION in seconds; 0 when it is not set."""
        return parse_duration(self.options.get(option, "0")) / 1e9

    def map(self, option: str) -> dict[str, str]:
        """The value of an option of the type MAP; empty when it is not set."""
        value = self.options.get(option)
        return parse_map(value) if value else {}

    def message(self) -> NodeConfig:
        """The configuration as a message of the protocol."""
        message = NodeConfig()
        message.CopyFrom(self._rest)
        for name in ("options", "daemon_flags", "daemon_files", "platforms"):
            message.ClearField(name)
        message.MergeFrom(
            NodeConfig(
                options=self.options,
                daemon_flags=self.daemon_flags,
                daemon_files=self.daemon_files,
                platforms=self.platforms,
            )
        )
        message.builder, message.node, message.endpoint = self.builder, self.node, self.endpoint
        return message
