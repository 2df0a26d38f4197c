"""A client for a Slipway host: it finds or starts one, uploads contexts, and follows builds.

It is a thin layer over the stubs in the package ``slipway``, which are generated from the published protocol and can be
used directly::

    with slipway_client.connect() as client:
        result = client.build(BuildSpec(context=client.local_context(".")), print)
"""

from ._client import Client, connect
from ._errors import FieldError, SlipwayError
from ._pages import pages
from ._tokens import TokenSource, exchanged_tokens

__all__ = ["Client", "FieldError", "SlipwayError", "TokenSource", "connect", "exchanged_tokens", "pages"]
