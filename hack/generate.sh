#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Writes everything that is generated: deep copies and the CRD from the types in api/, RBAC from the markers in
# controllers/, the chart's copies of both, and docs/metrics.md from the receiver's metrics. They go below the folder $1,
# laid out as in the repository.
set -eu

out=${1:-.}
chart=$out/charts/superoffice-webhook-operator/files
rm -f "$out/config/rbac/role.yaml"
mkdir -p "$out/api/v1alpha1" "$out/config/crd/bases" "$out/config/rbac" "$out/docs" "$chart"

go tool -modfile=tools/go.mod controller-gen \
	object:headerFile=hack/boilerplate.go.txt \
	crd \
	rbac:roleName=superoffice-webhook-operator \
	paths=./api/... paths=./controllers/... \
	output:object:dir="$out/api/v1alpha1" \
	output:crd:dir="$out/config/crd/bases" \
	output:rbac:dir="$out/config/rbac"

if [ ! -s "$out/config/rbac/role.yaml" ]; then
	echo "No RBAC markers were found: they must stand in a comment of their own, above the one of the function." >&2
	exit 1
fi

cp "$out/config/crd/bases/webhooks.superoffice.dev_superofficewebhooks.yaml" "$chart/crd.yaml"
cp "$out/config/rbac/role.yaml" "$chart/role.yaml"

go run ./hack/metricsdoc >"$out/docs/metrics.md"
