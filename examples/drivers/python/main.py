"""A Slipway driver plugin in Python: one builder over several BuildKit daemons."""

from slipway_driver import serve

from pool_driver.driver import PoolDriver

serve(PoolDriver(), version="0.1.0", vendor="Slipway examples")
