#!/bin/sh
# Makes the plugin ready: a virtual environment with what it needs, and the stubs from the published protocol.
set -eu
cd "$(dirname "$0")"
proto=${PROTO:-../../../proto}
python3 -m venv .venv
.venv/bin/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
rm -rf gen
mkdir gen
.venv/bin/python -m grpc_tools.protoc -I "$proto" --python_out=gen --grpc_python_out=gen \
  $(cd "$proto" && find slipway/driver -name '*.proto')
