{{/* The rules of one kind of role in files/role.yaml, which is written from the markers in the code. */}}
{{- define "operator.rules" -}}
{{- $kind := index . 0 }}
{{- $files := index . 1 }}
{{- range splitList "\n---\n" ($files.Get "files/role.yaml" | trimPrefix "---\n") }}
{{- $role := fromYaml . }}
{{- if eq $role.kind $kind }}
{{- toYaml $role.rules }}
{{- end }}
{{- end }}
{{- end }}

{{/* A role's binding to the manager. Takes the root, the kind and name of the role, and the namespace of a RoleBinding. */}}
{{- define "operator.binding" -}}
{{- $root := .root -}}
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ .role }}Binding
metadata:
  name: {{ .name }}
  {{- with .namespace }}
  namespace: {{ . }}
  {{- end }}
  labels:
    {{- include "operator.labels" $root | nindent 4 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: {{ .role }}
  name: {{ .name }}
subjects:
- kind: ServiceAccount
  name: {{ include "operator.serviceAccountName" $root }}
  namespace: {{ include "operator.namespace" $root }}
{{- end }}
