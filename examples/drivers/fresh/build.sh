#!/bin/sh
# Builds the plugin. Afterwards the folder can be installed, or copied to one of Slipway's plugin folders.
set -eu
cd "$(dirname "$0")"
# Until the SDK is in the registry, it comes from a checkout, by default the one of this folder.
npm pkg set "dependencies.slipway=file:${SLIPWAY:-../../..}"
npm install --no-audit --no-fund --loglevel=error
npm run --silent build
