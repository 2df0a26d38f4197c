"""The process contract of Slipway's driver plugins. There is nothing of a driver in it: copy it into your own."""
