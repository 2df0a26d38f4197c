#!/usr/bin/env bash
set -euo pipefail

folder=$RUNNER_TEMP/slipway
mkdir -p "$folder"
curl --fail --silent --show-error --location --output "$folder.tar.gz" "$ARCHIVE"
sha256sum --check --quiet <<< "$SHA256  $folder.tar.gz"
tar -xzf "$folder.tar.gz" -C "$folder" --strip-components 1
# Later steps have the command, too.
echo "$folder/bin" >> "$GITHUB_PATH"

"$folder/bin/slipway" build --tag "$TAG" --iidfile "$RUNNER_TEMP/image-id" "$CONTEXT"
echo "image-id=$(cat "$RUNNER_TEMP/image-id")" >> "$GITHUB_OUTPUT"
