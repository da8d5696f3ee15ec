#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Fails with the difference where a generated file is not what hack/generate.sh would write. Changes nothing.
set -eu

fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
hack/generate.sh "$fresh"

stale=0
for file in $(cd "$fresh" && find . -type f | sort); do
	diff -u "$file" "$fresh/$file" || stale=1
done
if [ "$stale" -ne 0 ]; then
	echo "Generated files are out of date. Run: make generate" >&2
	exit 1
fi
echo "Generated files are up to date."
