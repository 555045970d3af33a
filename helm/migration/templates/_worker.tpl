{{/* The pod template of workers that take slices from the queue. */}}
{{- define "migration.workerPod" -}}
metadata:
  labels:
    {{- include "migration.podLabels" (dict "root" . "component" "worker") | nindent 4 }}
  {{- with .Values.worker.podAnnotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  restartPolicy: Never
  {{- $args := list "--run" (include "migration.runName" .) }}
  {{- include "migration.podSpec" (dict "root" . "component" "worker" "args" $args "broker" true "serves" true "token" false) | nindent 2 }}
{{- end }}

{{/* What does not count as a failure of a worker, and what ends all of them. */}}
{{- define "migration.podFailurePolicy" -}}
rules:
  - action: Ignore
    onPodConditions:
      - type: DisruptionTarget
        status: "True"
  # 130: told to stop, and handed its slices back. A deleted pod is no failure, and has a successor.
  - action: Ignore
    onExitCodes:
      containerName: worker
      operator: In
      values: [130]
  # 2: configuration, such as a wrong password. All would fail alike.
  - action: FailJob
    onExitCodes:
      containerName: worker
      operator: In
      values: [2]
{{- end }}

{{/*
The workers' Job: (dict "root" $ "completions" true "name" ...). Indexed, because one without completions starts no
replacement once a pod has succeeded; the coordinator sets them itself, wave by wave.
*/}}
{{- define "migration.workerJob" -}}
{{- $worker := .root.Values.worker -}}
apiVersion: batch/v1
kind: Job
metadata:
  name: "{{ .name }}"
  namespace: "{{ .root.Release.Namespace }}"
  labels:
    {{- include "migration.labels" (dict "root" .root "component" "worker") | nindent 4 }}
  {{- if not .completions }}
  annotations:
    migration/first-wave: {{ $worker.firstWave | quote }}
    migration/wave: {{ $worker.wave | quote }}
    migration/on-template-change: {{ $worker.onTemplateChange }}
  {{- end }}
spec:
  completionMode: Indexed
  {{- if .completions }}
  completions: {{ $worker.parallelism }}
  {{- end }}
  parallelism: {{ $worker.parallelism }}
  backoffLimitPerIndex: {{ $worker.backoffLimitPerIndex }}
  podReplacementPolicy: Failed
  {{- if not (kindIs "invalid" $worker.ttlSecondsAfterFinished) }}
  ttlSecondsAfterFinished: {{ $worker.ttlSecondsAfterFinished }}
  {{- end }}
  podFailurePolicy:
    {{- include "migration.podFailurePolicy" . | nindent 4 }}
  template:
    {{- include "migration.workerPod" .root | nindent 4 }}
{{- end }}
