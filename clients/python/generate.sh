#!/bin/sh
# Makes src/slipway from the published protocol: pip install '.[generate]' && ./generate.sh
set -eu
cd "$(dirname "$0")"
rm -rf src/slipway
python3 -m grpc_tools.protoc -I ../../proto \
  --python_out=src --pyi_out=src --grpc_python_out=src \
  $(cd ../../proto && find slipway -name '*.proto' | sort)
# Type checkers take only packages that say they have types, of a namespace package each part.
for package in $(cd ../../proto && find slipway -name '*.proto' -exec dirname {} \; | sort -u); do
  touch "src/$package/py.typed"
done
