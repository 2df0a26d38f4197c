#!/bin/sh
# Builds the plugin: a virtual environment with its dependencies. Afterwards the folder can be installed, or copied to one
# of Slipway's plugin folders.
set -eu
cd "$(dirname "$0")"
# Until the packages are published, they come from a checkout, by default the one of this folder.
slipway=${SLIPWAY:-../../..}
python=.venv/bin/python
rm -rf .venv
# Copies instead of links, since an installation refuses links that leave the folder.
python3 -m venv --copies .venv
$python -m pip install --quiet --disable-pip-version-check --no-compile \
  "$slipway/clients/python" "$slipway/sdk/python" -r requirements.txt
# Packages that are only needed here are removed, since the files of an installed plugin are checked before each start.
$python -m pip uninstall --quiet --yes setuptools pip
# Compiled code that stays valid when the folder is copied: Python must not write files in an installed plugin.
$python -m compileall -qf --invalidation-mode unchecked-hash .venv/lib
