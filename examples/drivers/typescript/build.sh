#!/bin/sh
# Builds the plugin. The folder can then be put, as it is, into one of Slipway's plugin folders.
set -eu
cd "$(dirname "$0")"
# Until the SDK is in the registry it comes from a checkout, by default the one that this folder is in.
npm pkg set "dependencies.slipway=file:${SLIPWAY:-../../..}"
npm install --no-audit --no-fund --loglevel=error
npm run --silent build
