"""What an image store does."""

import abc
from collections.abc import Sequence

from slipway.common.v1 import progress_pb2
from slipway.driver.v1 import image_store_pb2

from slipway_driver._call import Call
from slipway_driver._image_archive import ReceivedArchive, SentArchive
from slipway_driver._messages import Layer, RegistryCredential, StoreDescription, StoredImage, StoreRef
from slipway_driver._stream_call import StepStreamCall


class Push(StepStreamCall):
    """The call of ``push``: it reports steps to the user, and says what to push."""

    def __init__(self, name: str, credential: RegistryCredential | None):
        super().__init__()
        self.name = name
        """The image's name, with its registry and tag."""
        self.credential = credential
        """The login for the registry, for this push only; none means anonymous."""

    def _step_response(self, step: progress_pb2.Progress) -> image_store_pb2.PushImageResponse:
        return image_store_pb2.PushImageResponse(progress=step)


class ImageStore(abc.ABC):
    """An image store, for example of a Docker Engine.

    The SDK calls the methods in threads, concurrently, each with the store that it is about. Names of images can be in any
    form: the SDK gives the host the full one.

    A method fails with :class:`DriverError`: UNAVAILABLE when the store cannot be reached.
    """

    @abc.abstractmethod
    def describe(self, store: StoreRef, call: Call) -> StoreDescription:
        """Says which archives the store accepts, and has its name for people."""

    @abc.abstractmethod
    def load(self, store: StoreRef, archive: SentArchive) -> list[str]:
        """Imports an archive and returns the names of its images, or the ids of those without a name; at least one.

        The store reads the archive, or has it sent to its server. Both fail when the host cancels the call; no tag may
        change then, nor when the archive is incomplete. The host shows how much is sent, so report only other steps.
        """

    @abc.abstractmethod
    def save(self, store: StoreRef, names: list[str], archive: ReceivedArchive) -> None:
        """Gives images as one archive, by names or ids: writes the archive, or has it fetched from the store's server. An
        absent image is NOT_FOUND, before the first byte."""

    @abc.abstractmethod
    def push(self, store: StoreRef, push: Push) -> str:
        """Pushes an image to its registry, and returns the digest of its manifest there. An absent image is NOT_FOUND."""

    @abc.abstractmethod
    def list(self, store: StoreRef, name: str, call: Call) -> list[StoredImage]:
        """Lists the images with a name or id, or all if it is empty. The SDK makes the pages."""

    @abc.abstractmethod
    def remove(self, store: StoreRef, name: str, force: bool, call: Call) -> None:
        """Removes one image, by its name or id; with ``force`` even if other names or containers use it. Removing an absent
        image is no error."""

    def find_layers(self, store: StoreRef, layers: Sequence[Layer], call: Call) -> Sequence[Layer]:
        """Returns those of the layers that the store has. The archive for ``load`` then has their names, but not their
        content. Leave out a layer in doubt. A store that accepts OCI layouts looks for digests of blobs, others for chain
        IDs. Overriding it is the capability "image-store.layers"."""
        raise NotImplementedError
