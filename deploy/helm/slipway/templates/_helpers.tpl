{{- define "slipway.name" -}}
{{- if contains "slipway" .Release.Name }}{{ .Release.Name | trunc 40 | trimSuffix "-" }}{{ else }}{{ printf "%s-slipway" (.Release.Name | trunc 32 | trimSuffix "-") }}{{ end }}
{{- end }}

{{- define "slipway.selector" -}}
app.kubernetes.io/name: slipway
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "slipway.labels" -}}
{{ include "slipway.selector" . }}
app.kubernetes.io/part-of: slipway
{{- end }}

{{/* One word of a shell command. */}}
{{- define "slipway.word" -}}
'{{ . | toString | replace "'" "'\\''" }}'
{{- end }}

{{/* One value of a flag that separates its values with commas. */}}
{{- define "slipway.field" -}}
{{ include "slipway.word" (printf "\"%s\"" (. | replace "\"" "\"\"")) }}
{{- end }}
