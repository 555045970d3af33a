{{/* Jobs append up to 11 characters to a pod's name, and this chart up to 12. */}}
{{- define "migration.fullname" -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- end }}

{{- define "migration.runName" -}}
{{- default .Release.Name .Values.run.name -}}
{{- end }}

{{- define "migration.serviceAccountName" -}}
{{- default (include "migration.fullname" .) .Values.serviceAccount.name -}}
{{- end }}

{{- define "migration.labels" -}}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
app.kubernetes.io/name: migration
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "migration.podLabels" -}}
app.kubernetes.io/name: migration
app.kubernetes.io/instance: {{ .Release.Name }}
{{- with .Values.podLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* What both pods have in common. */}}
{{- define "migration.podSpec" -}}
restartPolicy: Never
serviceAccountName: {{ include "migration.serviceAccountName" . }}
automountServiceAccountToken: false
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile:
    type: RuntimeDefault
{{- end }}

{{- define "migration.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{/* The connections travel as environment variables: arguments show in manifests and process lists. */}}
{{- define "migration.connections" -}}
{{- $secret := required "connections.existingSecret is required: a Secret with the keys source, target and broker" .Values.connections.existingSecret -}}
{{- range $variable, $key := dict "MIGRATION_SOURCE" "source" "MIGRATION_TARGET" "target" "MIGRATION_BROKER" "broker" }}
- name: {{ $variable }}
  valueFrom:
    secretKeyRef:
      name: {{ $secret }}
      key: {{ $key }}
{{- end }}
- name: MIGRATION_LOG_FORMAT
  value: json
{{- end }}
