#!/bin/sh
# Builds the plugin. The folder can then be put, as it is, into one of Slipway's plugin folders.
set -eu
cd "$(dirname "$0")"
CGO_ENABLED=0 go build -trimpath -o bin/process-driver .
