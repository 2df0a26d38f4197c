#!/bin/sh
# Builds the plugin. Afterwards the folder can be installed, or copied to one of Slipway's plugin folders.
set -eu
cd "$(dirname "$0")"
# Until the modules are published, they come from a checkout, by default the one of this folder.
if [ -n "${SLIPWAY:-}" ]; then
  go mod edit -replace "slipway.dev/client=$SLIPWAY/clients/go" -replace "slipway.dev/driver=$SLIPWAY/sdk/go"
fi
CGO_ENABLED=0 go build -trimpath -o bin/rego-policies .
