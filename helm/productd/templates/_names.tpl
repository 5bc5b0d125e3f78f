{{- /* Names and labels, the same in every template. */ -}}

{{- define "productd.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride -}}
{{- else if contains "productd" .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-productd" (.Release.Name | trunc 31 | trimSuffix "-") -}}
{{- end -}}
{{- end -}}

{{- define "productd.managementName" -}}
{{ include "productd.fullname" . }}-management
{{- end -}}

{{- /* Dashboards and rules mean every job with productd in its name. */ -}}
{{- define "productd.job" -}}
{{- $name := include "productd.fullname" . -}}
{{- ternary $name (printf "%s-productd" $name) (contains "productd" $name) -}}
{{- end -}}

{{- define "productd.serviceAccountName" -}}
{{- if .Values.serviceAccount.name -}}
{{- .Values.serviceAccount.name -}}
{{- else -}}
{{- ternary (include "productd.fullname" .) "default" .Values.serviceAccount.create -}}
{{- end -}}
{{- end -}}

{{- define "productd.image" -}}
{{- $image := .Values.image -}}
{{- if $image.digest -}}
{{- printf "%s@%s" $image.repository $image.digest -}}
{{- else -}}
{{- printf "%s:%s" $image.repository ($image.tag | default .Chart.AppVersion) -}}
{{- end -}}
{{- end -}}

{{- /* Takes a dict of root and component (server or client). Never changes: a selector cannot. */ -}}
{{- define "productd.selectorLabels" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- /* Without versions: a chart that renders the same pod must not replace it. */ -}}
{{- define "productd.podLabels" -}}
{{ include "productd.selectorLabels" . }}
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "productd.labels" -}}
{{ include "productd.podLabels" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "productd.endpoint" -}}
http://{{ include "productd.fullname" . }}:{{ .Values.service.port }}
{{- end -}}

{{- define "productd.managementEndpoint" -}}
http://{{ include "productd.managementName" . }}:{{ .Values.ports.management }}
{{- end -}}
