{{- define "migration.coordinatorArgs" -}}
{{- $args := list "run" "/etc/migration/migration.yaml" "--name" (include "migration.runName" .) -}}
{{- if eq .Values.mode "coordinator" -}}
{{- $args = concat $args (list "--kubernetes" "--worker-job=/etc/migration/worker-job.yaml" "--namespace=$(POD_NAMESPACE)") -}}
{{- else -}}
{{- $args = concat $args (list "--external" "--workers=$(WORKERS)") -}}
{{- end -}}
{{- if eq .Values.coordinator.kind "Deployment" }}{{ $args = append $args "--stay" }}{{ end -}}
{{- toJson $args -}}
{{- end }}

{{/*
Variables of the coordinator alone. By its pod's name it finds who is to own the workers' Job. Where it does not make
that Job, the number of workers comes through the ConfigMap: a change of it leaves the coordinator's pod as it is.
*/}}
{{- define "migration.coordinatorEnvironment" -}}
{{- if eq .Values.mode "coordinator" -}}
- name: POD_NAME
  valueFrom:
    fieldRef:
      fieldPath: metadata.name
- name: POD_NAMESPACE
  valueFrom:
    fieldRef:
      fieldPath: metadata.namespace
{{- else -}}
- name: WORKERS
  valueFrom:
    configMapKeyRef:
      name: "{{ include "migration.fullname" . }}"
      key: workers
{{- end }}
{{- end }}

{{- define "migration.coordinatorPod" -}}
metadata:
  labels:
    {{- include "migration.podLabels" (dict "root" . "component" "coordinator") | nindent 4 }}
  annotations:
    # A changed migration file starts the coordinator anew. worker-job.yaml is not in here: it reads that as it goes.
    checksum/migration: {{ .Values.migration | sha256sum }}
    {{- with .Values.coordinator.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  {{- if eq .Values.coordinator.kind "Job" }}
  restartPolicy: Never
  {{- end }}
  {{- $args := include "migration.coordinatorArgs" . | fromJsonArray }}
  {{- $env := include "migration.coordinatorEnvironment" . | fromYamlArray }}
  {{- $token := eq .Values.mode "coordinator" }}
  {{- include "migration.podSpec" (dict "root" . "component" "coordinator" "args" $args "env" $env "broker" true "file" true "serves" true "token" $token) | nindent 2 }}
{{- end }}
