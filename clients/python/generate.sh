#!/bin/sh
# Makes src/slipway from the published protocol: pip install '.[generate]' && ./generate.sh
set -eu
cd "$(dirname "$0")"
rm -rf src/slipway
python3 -m grpc_tools.protoc -I ../../proto \
  --python_out=src --pyi_out=src --grpc_python_out=src \
  $(cd ../../proto && find slipway -name '*.proto' | sort)
