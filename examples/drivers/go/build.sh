#!/bin/sh
# Builds the plugin. Afterwards the folder can be installed, or copied to one of Slipway's plugin folders.
set -eu
cd "$(dirname "$0")"
CGO_ENABLED=0 go build -trimpath -o bin/process-driver .
