#!/bin/sh
# Builds the plugin: a virtual environment with its dependencies, and the stubs of the protocol. Afterwards the folder
# can be installed, or copied to one of Slipway's plugin folders.
set -eu
cd "$(dirname "$0")"
proto=${PROTO:-../../../proto}
python=.venv/bin/python
rm -rf .venv gen
# Copies instead of links, since an installation refuses links that leave the folder.
python3 -m venv --copies .venv
$python -m pip install --quiet --disable-pip-version-check --no-compile -r requirements.txt grpcio-tools
mkdir gen
$python -m grpc_tools.protoc -I "$proto" --python_out=gen --grpc_python_out=gen \
  $(cd "$proto" && find slipway/driver -name '*.proto')
# Packages that are only needed here are removed, since the files of an installed plugin are checked before each start.
$python -m pip uninstall --quiet --yes grpcio-tools setuptools pip
# Compiled code that stays valid when the folder is copied: Python must not write files in an installed plugin.
$python -m compileall -qf --invalidation-mode unchecked-hash .venv/lib
