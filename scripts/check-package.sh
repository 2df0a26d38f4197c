#!/usr/bin/env bash
# `npm run check:package`: packs the npm package and checks it as a user gets it: exports, types, and that a strict
# program with all entry points compiles and starts.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

npm pack --silent --pack-destination "$work" >/dev/null
archive=$(echo "$work"/slipway-*.tgz)
npx publint run "$archive" --strict
# The package has ES modules only.
npx attw "$archive" --profile esm-only --format ascii --no-emoji

mkdir "$work/node_modules"
ln -s "$root"/node_modules/* "$work/node_modules/"
rm "$work/node_modules/slipway" 2>/dev/null || true
tar -xzf "$archive" -C "$work"
mv "$work/package" "$work/node_modules/slipway"
cd "$work"
for name in client driver driver/buildkit conformance; do
  echo "import * as ${name//\//_} from \"slipway/$name\"; console.log(\"slipway/$name\", Object.keys(${name//\//_}).length);"
done >program.mts
"$root/node_modules/.bin/tsc" --strict --skipLibCheck false --module nodenext --target es2023 --types node program.mts
node program.mjs
