#!/bin/sh
# Generates src/slipway from the published protocol: pip install '.[generate]' && ./generate.sh
set -eu
cd "$(dirname "$0")"
rm -rf src/slipway
# Without the protocols that only plugins use.
protos=$(cd ../../proto && find slipway -name '*.proto' ! -path '*/driver/*' ! -path '*/nativebuild/*' ! -path '*/policy/*' | sort)
python3 -m grpc_tools.protoc -I ../../proto --python_out=src --pyi_out=src --grpc_python_out=src $protos
# Type checkers need this marker in each part of a namespace package.
for package in $(dirname $protos | sort -u); do
  touch "src/$package/py.typed"
done
