"""What describes a plugin."""

import dataclasses
from collections.abc import Sequence

MAX_MESSAGE_BYTES = 64 << 20
"""The largest message that the plugin accepts."""


@dataclasses.dataclass(frozen=True)
class Plugin:
    """A plugin, without its drivers."""

    name: str
    version: str
    vendor: str
    url: str
    requires: Sequence[str]
