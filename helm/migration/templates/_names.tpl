{{- define "migration.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" -}}
{{- end }}

{{/*
What the names of all objects begin with. An Indexed Job's name and its highest index must fit into 63 characters, and
the chart appends up to 13: a longer name ends in a piece of its hash, so that two long ones do not meet.
*/}}
{{- define "migration.fullname" -}}
{{- $name := .Values.fullnameOverride -}}
{{- if not $name -}}
{{- $chart := include "migration.name" . -}}
{{- $name = ternary .Release.Name (printf "%s-%s" .Release.Name $chart) (contains $chart .Release.Name) -}}
{{- end -}}
{{- if gt (len $name) 40 -}}
{{- $name = printf "%s-%s" ($name | trunc 31 | trimSuffix "-") ($name | sha256sum | trunc 8) -}}
{{- end -}}
{{- $name -}}
{{- end }}

{{- define "migration.runName" -}}
{{- default .Release.Name .Values.run.name -}}
{{- end }}

{{- define "migration.image" -}}
{{- $image := .Values.image.repository -}}
{{- with .Values.image.registry }}{{ $image = printf "%s/%s" (trimSuffix "/" .) $image }}{{ end -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" $image .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" $image (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}
{{- end }}

{{/* The ServiceAccount of a component: (dict "root" $ "component" "worker"). */}}
{{- define "migration.serviceAccountName" -}}
{{- $account := (index .root.Values .component).serviceAccount -}}
{{- default (printf "%s-%s" (include "migration.fullname" .root) .component) $account.name -}}
{{- end }}

{{- define "migration.priorityClassName" -}}
{{- default (printf "%s-%s-worker" .Release.Namespace (include "migration.fullname" .)) .Values.priorityClass.name -}}
{{- end }}

{{- define "migration.selectorLabels" -}}
app.kubernetes.io/name: "{{ include "migration.name" .root }}"
app.kubernetes.io/instance: "{{ .root.Release.Name }}"
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{/* An object's labels: (dict "root" $ "component" "worker"). */}}
{{- define "migration.labels" -}}
{{- with .root.Values.commonLabels }}
{{- toYaml . }}
{{ end -}}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{ include "migration.selectorLabels" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
{{- end }}

{{/* A pod's labels, without the chart's version: a new chart alone is no reason to replace pods. */}}
{{- define "migration.podLabels" -}}
{{- with merge (dict) (index .root.Values .component).podLabels .root.Values.commonLabels }}
{{- toYaml . }}
{{ end -}}
{{ include "migration.selectorLabels" . }}
{{- end }}
