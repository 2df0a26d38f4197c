"""Image archives between the host and a store."""

import shutil
from collections.abc import Iterator

from slipway.common.v1 import progress_pb2
from slipway.driver.v1 import image_store_pb2

from slipway_driver._archive_transfer import (
    ArchiveAnswer,
    ArchiveRequest,
    ArchiveTransfer,
    transfer_incomplete,
)
from slipway_driver._call import Call
from slipway_driver._chunks import Reader, Writer
from slipway_driver._requests import Requests
from slipway_driver._stream_call import StepStreamCall, StreamCall


class SentArchive(StepStreamCall, Reader):
    """The call of ``load``: reports steps to the user, and holds the archive that the host sends. The store iterates or
    reads it, or sends it to a server with ``send_to``, once."""

    def __init__(self, requests: Iterator[image_store_pb2.LoadImageRequest], path: str | None):
        super().__init__()
        self._requests: Requests[image_store_pb2.LoadImageRequest] = Requests(requests, self)
        self._transfer = ArchiveTransfer(self, path, self._tell, lambda: answer_in(self._requests))
        self._is_read = False

    def send_to(self, request: ArchiveRequest) -> ArchiveAnswer:
        """Has the archive sent as the body of a request, by the host itself when possible.

        Returns the head of the answer, which may come before the archive is sent completely. It fails as the endpoint does,
        and with CONNECTION_LOST.
        """
        return self._transfer.request(request, self)[0]

    def _chunk(self) -> bytes | None:
        if not self._is_read:
            self._transfer.stream()
            self._is_read = True
        request = self._requests.next()
        if request is not None and not request.HasField("data"):
            raise transfer_incomplete("A request of LoadImage has no data.")
        return request.data if request else None

    def _tell(self, transfer: image_store_pb2.ArchiveTransfer) -> None:
        self._send(image_store_pb2.LoadImageResponse(transfer=transfer))

    def _step_response(self, step: progress_pb2.Progress) -> image_store_pb2.LoadImageResponse:
        return image_store_pb2.LoadImageResponse(progress=step)

    def _end(self) -> None:
        super()._end()
        self._transfer.end()


class ReceivedArchive(StreamCall, Writer):
    """The call of ``save``: it has the archive that the host receives. The store writes it, as it is a file with ``write``, or
    has it fetched from a server; either once."""

    def __init__(self, requests: Iterator[image_store_pb2.SaveImageRequest], path: str | None):
        StreamCall.__init__(self)
        Writer.__init__(self, self._send_chunk)
        self._requests: Requests[image_store_pb2.SaveImageRequest] = Requests(requests, self)
        self._transfer = ArchiveTransfer(self, path, self._tell, lambda: answer_in(self._requests))
        self._is_written = False

    def fetch_from(self, request: ArchiveRequest) -> ArchiveAnswer:
        """Has the archive fetched as the body of an answer, by the host itself when possible.

        Returns when the archive is complete, or with an answer whose status is not 2xx and which has no archive. It fails as
        the endpoint does, and with CONNECTION_LOST.
        """
        answer, is_direct = self._transfer.request(request)
        if not 200 <= answer.status <= 299:
            return answer
        if not is_direct:
            shutil.copyfileobj(answer.body, self)
        elif answer.body.read():
            raise transfer_incomplete("The host sent an archive to the plugin.")
        return answer

    def _send_chunk(self, chunk: bytes) -> None:
        if not self._is_written:
            self._transfer.stream()
            self._is_written = True
        self._send(image_store_pb2.SaveImageResponse(data=chunk))

    def _tell(self, transfer: image_store_pb2.ArchiveTransfer) -> None:
        self._send(image_store_pb2.SaveImageResponse(transfer=transfer))

    def _end(self) -> None:
        super()._end()
        self._transfer.end()


def answer_in(requests: Requests) -> image_store_pb2.HttpAnswer | None:
    """The next part of an answer in the requests of a call; None after the last."""
    request = requests.next()
    if request is not None and not request.HasField("answer"):
        raise transfer_incomplete("A request has no part of the answer.")
    return request.answer if request else None
