#!/bin/sh
# Makes the plugin ready: a virtual environment with what it needs, and the stubs from the published protocol. The
# folder can then be installed, or be put as it is into one of Slipway's plugin folders.
set -eu
cd "$(dirname "$0")"
proto=${PROTO:-../../../proto}
python=.venv/bin/python
rm -rf .venv gen
# With copies nothing in the folder leads out of it, which an installation would refuse.
python3 -m venv --copies .venv
$python -m pip install --quiet --disable-pip-version-check --no-compile -r requirements.txt grpcio-tools
mkdir gen
$python -m grpc_tools.protoc -I "$proto" --python_out=gen --grpc_python_out=gen \
  $(cd "$proto" && find slipway/driver -name '*.proto')
# What only builds it need not be installed and checked before each start.
$python -m pip uninstall --quiet --yes grpcio-tools setuptools pip
# Compiled code is good wherever the folder is copied to: an installed plugin must not change, so it is never written.
$python -m compileall -qf --invalidation-mode unchecked-hash .venv/lib
