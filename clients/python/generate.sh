#!/bin/sh
# Makes src/slipway from the published protocol: pip install '.[generate]' && ./generate.sh
set -eu
cd "$(dirname "$0")"
rm -rf src/slipway
# What only plugins speak is left out.
protos=$(cd ../../proto && find slipway -name '*.proto' ! -path '*/nativebuild/*' | sort)
python3 -m grpc_tools.protoc -I ../../proto --python_out=src --pyi_out=src --grpc_python_out=src $protos
# Type checkers take only packages that say they have types, of a namespace package each part.
for package in $(dirname $protos | sort -u); do
  touch "src/$package/py.typed"
done
