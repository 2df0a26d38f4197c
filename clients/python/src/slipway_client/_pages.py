from __future__ import annotations

from typing import Callable, Iterator, Protocol, TypeVar

from ._errors import typed_errors


class Page(Protocol):
    next_page_token: str


class Request(Protocol):
    page_token: str


RequestT = TypeVar("RequestT", bound=Request)
PageT = TypeVar("PageT", bound=Page)


def pages(call: Callable[[RequestT], PageT], request: RequestT) -> Iterator[PageT]:
    """Calls a list method until its last page: ``for page in pages(client.builds.ListBuilds, ListBuildsRequest())``."""
    own = type(request)()
    own.CopyFrom(request)
    while True:
        with typed_errors():
            page = call(own)
        yield page
        if not page.next_page_token:
            return
        own.page_token = page.next_page_token
