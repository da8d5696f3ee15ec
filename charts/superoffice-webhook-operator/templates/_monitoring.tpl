{{/* "true" if an object of the Prometheus operator is to be made. Takes the root, its values and its kind. */}}
{{- define "operator.monitored" -}}
{{- $known := .root.Capabilities.APIVersions.Has (printf "monitoring.coreos.com/v1/%s" .kind) }}
{{- if not .values.enabled }}
{{- else if or $known (eq .values.renderMode "alwaysRender") -}}
true
{{- else if eq .values.renderMode "failIfMissing" }}
{{- fail (printf "%s: this cluster does not know the kind %s of monitoring.coreos.com/v1; install the Prometheus operator first, or set renderMode to skipIfMissing" .name .kind) }}
{{- end }}
{{- end }}

{{/* How to scrape: what ServiceMonitor and PodMonitor have in common. */}}
{{- define "operator.scrape" -}}
{{- with .interval }}
interval: {{ . }}
{{- end }}
{{- with .scrapeTimeout }}
scrapeTimeout: {{ . }}
{{- end }}
{{- with .metricRelabelings }}
metricRelabelings:
{{- toYaml . | nindent 0 }}
{{- end }}
{{- end }}
