{{/* The base of all names. */}}
{{- define "operator.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* The name of the operator's objects: that of the release, with the chart's unless it is part of it. Room is left for suffixes. */}}
{{- define "operator.fullname" -}}
{{- $name := include "operator.name" . }}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 55 | trimSuffix "-" }}
{{- else if contains $name .Release.Name }}
{{- .Release.Name | trunc 55 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 55 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "operator.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "operator.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{/* Labels that never change, since a Deployment's selector can't. */}}
{{- define "operator.selectorLabels" -}}
app.kubernetes.io/name: {{ include "operator.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "operator.labels" -}}
{{- with .Values.commonLabels }}
{{- toYaml . }}
{{ end }}
{{- include "operator.selectorLabels" . }}
app.kubernetes.io/part-of: superoffice-webhook-operator
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{/* repository:tag@digest of one of the images. */}}
{{- define "operator.image" -}}
{{- $image := index . 0 }}
{{- $appVersion := index . 1 }}
{{- printf "%s:%s" $image.repository (default $appVersion $image.tag) }}
{{- with $image.digest }}@{{ . }}{{ end }}
{{- end }}

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
