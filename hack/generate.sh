#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Writes everything that is generated: deep copies and the CRD from the types in api/, RBAC from the markers in
# controllers/, the chart's copies of both and of monitoring/, its README from its values, docs/metrics.md from the
# receiver's metrics and docs/api.md from the CRD. They go below the folder $1, laid out as in the repository.
set -eu

out=${1:-.}
chart=$out/charts/superoffice-webhook-operator
rm -f "$out/config/rbac/role.yaml"
mkdir -p "$out/api/v1alpha1" "$out/config/crd/bases" "$out/config/rbac" "$out/docs" "$chart/files/dashboards"

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

cp "$out/config/crd/bases/webhooks.superoffice.dev_superofficewebhooks.yaml" "$chart/files/crd.yaml"
cp "$out/config/rbac/role.yaml" "$chart/files/role.yaml"
cp monitoring/alerts.yaml "$chart/files/"
cp monitoring/dashboards/*.json "$chart/files/dashboards/"

go run ./hack/metricsdoc >"$out/docs/metrics.md"
go run ./hack/chartdoc charts/superoffice-webhook-operator >"$chart/README.md"
go run ./hack/apidoc "$out/config/crd/bases/webhooks.superoffice.dev_superofficewebhooks.yaml" >"$out/docs/api.md"
