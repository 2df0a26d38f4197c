"""The boot of a node."""

from collections.abc import Mapping

from slipway.common.v1 import progress_pb2
from slipway.driver.v1 import driver_pb2

from slipway_driver._messages import RegistryCredential
from slipway_driver._stream_call import StepStreamCall


class Boot(StepStreamCall):
    """The call of ``bootstrap``: it reports steps to the user, and has the credentials."""

    def __init__(self, credentials: Mapping[str, RegistryCredential]):
        super().__init__()
        self.credentials = dict(credentials)
        """Logins for pulling images, by registry host: those of ``NodeStatus.image_registries``."""

    def _step_response(self, step: progress_pb2.Progress) -> driver_pb2.BootstrapResponse:
        return driver_pb2.BootstrapResponse(progress=step)
