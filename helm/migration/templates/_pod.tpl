{{/*
A pod's spec: (dict "root" $ "component" "worker" "args" (list ...) "env" (list ...) "broker" true "file" true
"serves" true "token" false). `file` mounts the migration file, `serves` opens the HTTP port.
*/}}
{{- define "migration.podSpec" -}}
{{- $values := index .root.Values .component -}}
serviceAccountName: "{{ include "migration.serviceAccountName" . }}"
automountServiceAccountToken: {{ .token }}
enableServiceLinks: false
terminationGracePeriodSeconds: {{ $values.terminationGracePeriodSeconds }}
securityContext:
  {{- toYaml $values.podSecurityContext | nindent 2 }}
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with include "migration.priorityOf" . }}
priorityClassName: "{{ . }}"
{{- end }}
{{- range $field := list "nodeSelector" "tolerations" "affinity" "topologySpreadConstraints" "initContainers" }}
{{- with index $values $field }}
{{ $field }}:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
containers:
  {{- include "migration.container" . | nindent 2 }}
  {{- with $values.extraContainers }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
volumes:
  {{- include "migration.volumes" . | nindent 2 }}
{{- end }}

{{- define "migration.priorityOf" -}}
{{- $values := index .root.Values .component -}}
{{- if $values.priorityClassName -}}
{{- $values.priorityClassName -}}
{{- else if and (eq .component "worker") .root.Values.priorityClass.create -}}
{{- include "migration.priorityClassName" .root -}}
{{- end -}}
{{- end }}

{{- define "migration.container" -}}
{{- $values := index .root.Values .component -}}
- name: "{{ .component }}"
  image: {{ include "migration.image" .root | quote }}
  imagePullPolicy: {{ .root.Values.image.pullPolicy }}
  command: [{{ .component }}]
  args:
    {{- range concat .args $values.extraArgs }}
    - {{ . | quote }}
    {{- end }}
  env:
    {{- include "migration.environment" . | trim | nindent 4 }}
  {{- with $values.extraEnvFrom }}
  envFrom:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- if .serves }}
  ports:
    - name: http
      containerPort: {{ .root.Values.http.port }}
      protocol: TCP
  {{- range $probe, $path := dict "startupProbe" "/startupz" "livenessProbe" "/livez" "readinessProbe" "/readyz" }}
  {{- with index $values $probe }}
  {{ $probe }}:
    httpGet:
      path: {{ $path }}
      port: http
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- end }}
  {{- end }}
  resources:
    {{- toYaml $values.resources | nindent 4 }}
  securityContext:
    {{- toYaml $values.containerSecurityContext | nindent 4 }}
  # A program's last lines say why it ended; kubectl describe shows them.
  terminationMessagePolicy: FallbackToLogsOnError
  volumeMounts:
    {{- include "migration.mounts" . | trim | nindent 4 }}
{{- end }}

{{/* Connections travel as environment variables: arguments can be read in manifests and lists of processes. */}}
{{- define "migration.environment" -}}
{{- $values := index .root.Values .component -}}
{{- $secret := default .root.Values.connections.existingSecret (get $values "existingSecret") -}}
{{- $variables := dict "MIGRATION_SOURCE" "source" "MIGRATION_TARGET" "target" -}}
{{- if .broker }}{{ $_ := set $variables "MIGRATION_BROKER" "broker" }}{{ end -}}
{{- $keys := .root.Values.connections.keys -}}
{{- range $variable, $connection := $variables }}
{{- with index $keys $connection }}
- name: {{ $variable }}
  valueFrom:
    secretKeyRef:
      name: "{{ $secret }}"
      key: "{{ . }}"
{{- end }}
{{- end }}
- name: MIGRATION_LOG_FORMAT
  value: {{ .root.Values.logFormat }}
- name: MIGRATION_PATIENCE
  value: {{ .root.Values.patience | quote }}
{{- if .serves }}
- name: MIGRATION_HTTP_PORT
  value: {{ .root.Values.http.port | quote }}
{{- end }}
{{- if or .root.Values.ca.existingConfigMap .root.Values.ca.existingSecret }}
# .NET takes the authorities of both: the folder's are the image's own.
- name: SSL_CERT_DIR
  value: /etc/ssl/certs
- name: SSL_CERT_FILE
  value: /etc/migration-ca/ca.crt
{{- end }}
{{- with .env }}
{{ toYaml . }}
{{- end }}
{{- with $values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "migration.mounts" -}}
- name: tmp
  mountPath: /tmp
{{- if .file }}
- name: migration
  mountPath: /etc/migration
  readOnly: true
{{- end }}
{{- if or .root.Values.ca.existingConfigMap .root.Values.ca.existingSecret }}
- name: ca
  mountPath: /etc/migration-ca
  readOnly: true
{{- end }}
{{- if .root.Values.plugins.volume }}
- name: plugins
  mountPath: "{{ .root.Values.plugins.mountPath }}"
  readOnly: true
{{- end }}
{{- with (index .root.Values .component).extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* The migration file and the workers' Job come as one folder, which the kubelet renews when a ConfigMap changes. */}}
{{- define "migration.volumes" -}}
{{- $values := .root.Values -}}
- name: tmp
  {{- toYaml (default (dict "emptyDir" dict) $values.tmpVolume) | nindent 2 }}
{{- if .file }}
- name: migration
  projected:
    sources:
      {{- if or (eq $values.mode "coordinator") (not $values.existingConfigMap) }}
      - configMap:
          name: "{{ include "migration.fullname" .root }}"
      {{- end }}
      {{- with $values.existingConfigMap }}
      - configMap:
          name: "{{ . }}"
          items:
            - key: migration.yaml
              path: migration.yaml
      {{- end }}
{{- end }}
{{- with $values.ca.existingConfigMap }}
- name: ca
  configMap:
    name: "{{ . }}"
    items:
      - key: "{{ $values.ca.key }}"
        path: ca.crt
{{- else }}
{{- with $values.ca.existingSecret }}
- name: ca
  secret:
    secretName: "{{ . }}"
    items:
      - key: "{{ $values.ca.key }}"
        path: ca.crt
{{- end }}
{{- end }}
{{- with $values.plugins.volume }}
- name: plugins
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with (index $values .component).extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end }}
