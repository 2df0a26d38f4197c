"""A Slipway driver plugin in Python: one builder over several BuildKit daemons."""

import asyncio
import sys
from pathlib import Path

# The stubs that build.sh generates.
sys.path.insert(0, str(Path(__file__).parent / "gen"))

from slipway_plugin.serve import serve  # noqa: E402
from pool_driver.service import PoolDriver  # noqa: E402

asyncio.run(serve(PoolDriver))
