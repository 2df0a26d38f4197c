"""A job of a CI system that has no secret of the host: it exchanges the ID token that the system issues for the job, and
exchanges the next one when its token ends.

    SLIPWAY_HOST=https://… ID_TOKEN_FILE=… python job.py FOLDER BUILDER
"""

import os
import sys
from pathlib import Path

from slipway.build.v1.build_spec_pb2 import BuildSpec
from slipway.build.v1.output_pb2 import CacheOnlyOutput, Output
from slipway_client import SlipwayError, connect, exchanged_tokens


def id_token() -> str:
    """Reads the file that Kubernetes keeps current with the token of the job's service account."""
    return Path(os.environ["ID_TOKEN_FILE"]).read_text().strip()


def main(folder: str, builder: str) -> None:
    with connect(tokens=exchanged_tokens(id_token)) as client:
        outputs = [Output(cache_only=CacheOnlyOutput())]
        client.build(BuildSpec(builder=builder, context=client.local_context(folder), outputs=outputs))
    print("built")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except SlipwayError as error:
        sys.exit(f"{error.reason}: {error}")
