#!/usr/bin/env bash
# `npm test`: installs and builds if needed, then runs the tests of all projects but `packages`. Arguments are passed to vitest.
# The last line is "N passed, N failed, N skipped". A skipped test is a failure.
set -euo pipefail
cd "$(dirname "$0")/.."

if [[ ! -d node_modules || package-lock.json -nt node_modules/.package-lock.json ]]; then
  echo "== npm ci"
  npm ci --no-audit --no-fund --loglevel=error
fi

echo "== build"
npm run --silent build

echo "== test"
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
status=0
npx vitest run --project '!packages' --reporter=default --reporter=json --outputFile.json="$results/vitest.json" "$@" || status=$?
npx tsx scripts/conformance-table.ts "$results/vitest.json" || status=1
npx tsx scripts/test-summary.ts "$results/vitest.json" || status=1
exit "$status"
