"""The process contract of Slipway's driver plugins. It does not depend on the driver, so you can copy it."""
