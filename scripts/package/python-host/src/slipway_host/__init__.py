"""The host of Slipway: the program ``slipway`` with its drivers and a Node.js of its own."""

import os
import sys

PROGRAM = os.path.join(os.path.dirname(os.path.abspath(__file__)), "program", "dist", "cli.cjs")
"""Absolute path of the program ``slipway``."""


def main() -> None:
    """Becomes the program, with the arguments of this process."""
    os.execv(PROGRAM, [PROGRAM, *sys.argv[1:]])
