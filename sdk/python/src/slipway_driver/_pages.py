"""Pages of lists."""

import base64
import binascii
import hashlib
from collections.abc import Callable, Sequence
from typing import TypeVar

from google.protobuf.message import Message

from slipway_driver._errors import invalid_request

T = TypeVar("T")

PAGE_ENTRIES = 1000
"""Entries of a page, unless the request wants fewer."""

_CHECKSUM_BYTES = 16
"""Length of a token's checksum, which finds tokens that were made up or belong to another request."""


class Page:
    """The page of a list that a request asks for.

    INVALID_ARGUMENT, reason PAGE_SIZE_INVALID or PAGE_TOKEN_INVALID.
    """

    def __init__(self, request: Message):
        if request.page_size < 0:
            message = f"The page size {request.page_size} is negative."
            raise invalid_request("page_size", "PAGE_SIZE_INVALID", message)
        self._size = min(request.page_size or PAGE_ENTRIES, PAGE_ENTRIES)
        rest = type(request)()
        rest.CopyFrom(request)
        rest.ClearField("page_size")
        rest.ClearField("page_token")
        self._request = f"{rest.DESCRIPTOR.full_name} ".encode() + rest.SerializeToString(deterministic=True)
        # How many entries the pages before had, and the key of their last entry; 0 for the first page.
        self._end, self._last = self._place(request.page_token) if request.page_token else (0, "")

    def of(self, entries: Sequence[T], key_of: Callable[[T], str]) -> tuple[Sequence[T], str]:
        """The entries of the page, and the token of the next one.

        The whole list is made anew for each page. The page begins after the last entry of the page before; if that is
        gone, with what took its place.
        """
        start = 0
        if self._end:
            gone = self._end - 2
            start = next((at for at, one in enumerate(entries) if key_of(one) == self._last), gone) + 1
        end = start + self._size
        token = self._token(end, key_of(entries[end - 1])) if end < len(entries) else ""
        return entries[start:end], token

    def _token(self, end: int, key: str) -> str:
        """Stands for the place after an entry."""
        place = f"{end} {key}".encode()
        checksum = hashlib.sha256(self._request + b"\n" + place).digest()[:_CHECKSUM_BYTES]
        return base64.urlsafe_b64encode(checksum + place).decode().rstrip("=")

    def _place(self, token: str) -> tuple[int, str]:
        try:
            content = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))[_CHECKSUM_BYTES:]
            end, _, key = content.decode().partition(" ")
            if int(end) > 0 and self._token(int(end), key) == token:
                return int(end), key
        except (binascii.Error, ValueError):
            pass
        message = "The page token is not of this list, or the request has changed since it was given."
        raise invalid_request("page_token", "PAGE_TOKEN_INVALID", message)
