from pathlib import Path

import pytest
from slipway.build.v1.build_spec_pb2 import BuildSpec
from slipway_client import connect

APP = Path(__file__).parent.parent / "app"


@pytest.fixture(scope="session")
def app_image() -> str:
    """The name of the image of the app, which is built once for all tests."""
    name = "slipway-with-pytest"
    with connect() as slipway:
        slipway.build(BuildSpec(context=slipway.local_context(str(APP)), tags=[name]))
    return name
