#!/bin/sh
# Generates src/slipway from the protocol for drivers: pip install '../../clients/python[generate]' && ./generate.sh
# What it shares with the protocol for clients (slipway.common, slipway.build) is in slipway-client.
set -eu
cd "$(dirname "$0")"
rm -rf src/slipway
protos=$(cd ../../proto && find slipway/driver slipway/nativebuild slipway/policy -name '*.proto' | sort)
python3 -m grpc_tools.protoc -I ../../proto --python_out=src --pyi_out=src --grpc_python_out=src $protos
# Type checkers need this marker in each part of a namespace package.
for package in $(dirname $protos | sort -u); do
  touch "src/$package/py.typed"
done
