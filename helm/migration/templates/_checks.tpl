{{/* What a schema cannot say. Each ends the rendering with one message that says what to do. */}}
{{- define "migration.check" -}}
{{- include "migration.checkFile" . -}}
{{- include "migration.checkSecret" . -}}
{{- include "migration.checkAccounts" . -}}
{{- end }}

{{- define "migration.checkFile" -}}
{{- if .Values.existingConfigMap -}}
{{- if .Values.migration }}{{ fail "Give the migration file by one of 'migration' and 'existingConfigMap', not by both." }}{{ end -}}
{{- else if not (trim .Values.migration) -}}
{{- fail "There is no migration file. Give one: --set-file migration=products.yaml" -}}
{{- else -}}
{{- include "migration.checkFileText" (dict "root" . "file" (fromYaml .Values.migration)) -}}
{{- end -}}
{{- end }}

{{/* What cannot be read as a mapping comes back as one with nothing but the key Error. */}}
{{- define "migration.checkFileText" -}}
{{- $error := ternary (get .file "Error") "" (eq (len .file) 1) -}}
{{- if and $error (not (contains "cannot unmarshal" $error)) -}}
{{- fail (printf "The migration file cannot be read: %s" (trimPrefix "error converting YAML to JSON: " $error)) -}}
{{- else if not (kindIs "slice" .file.collections) -}}
{{- fail "This is no migration file: it has no list 'collections'. See docs/migration-file.md." -}}
{{- else if gt (len .root.Values.migration) 1000000 -}}
{{- fail "The migration file is larger than the 1 MB that a ConfigMap can hold." -}}
{{- end -}}
{{- include "migration.checkPasswords" .file -}}
{{- if eq .root.Values.mode "static" -}}
{{- $names := list -}}
{{- range .file.collections }}{{ $names = append $names (toString .name) }}{{ end -}}
{{- if not (has .root.Values.static.collection $names) -}}
{{- fail (printf "static.collection is '%s'; the migration file has: %s." .root.Values.static.collection (join ", " $names)) -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/* A placeholder for a password is none. */}}
{{- define "migration.checkPasswords" -}}
{{- range $place := list "source" "target" "broker" -}}
{{- $section := index $ $place -}}
{{- if kindIs "map" $section -}}
{{- $uri := regexReplaceAll "\\$\\{[^}]*\\}" (toString $section.uri) "" -}}
{{- if regexMatch "(?i)(://[^/@]*:[^/@]+@|(password|pwd)\\s*=\\s*[^;\\s])" $uri -}}
{{- fail (printf "The migration file has a password in %s.uri, and a ConfigMap is no place for one. Put the URI into the Secret that connections.existingSecret names, and leave %s.uri out." $place $place) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/*
Without a cluster lookup finds nothing at all. Every namespace has a ServiceAccount called default: where that is not
found, there is no cluster or no namespace yet, and nothing to look into.
*/}}
{{- define "migration.checkSecret" -}}
{{- $connections := .Values.connections -}}
{{- if not $connections.existingSecret -}}
{{- fail "connections.existingSecret is empty. Make a Secret with the connections and name it; the chart's README.md shows how." -}}
{{- end -}}
{{- if $connections.verify -}}
{{- if lookup "v1" "ServiceAccount" .Release.Namespace "default" -}}
{{- range $name := list $connections.existingSecret .Values.worker.existingSecret | compact | uniq -}}
{{- include "migration.checkSecretKeys" (dict "root" $ "name" $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end }}

{{- define "migration.checkSecretKeys" -}}
{{- $secret := lookup "v1" "Secret" .root.Release.Namespace .name -}}
{{- if not $secret -}}
{{- fail (printf "There is no Secret '%s' in namespace '%s'. Make it first; the chart's README.md shows how. (connections.verify=false installs without it.)" .name .root.Release.Namespace) -}}
{{- end -}}
{{- $used := list "source" "target" -}}
{{- if ne .root.Values.mode "static" }}{{ $used = append $used "broker" }}{{ end -}}
{{- if and (eq .root.Values.mode "keda") (not .root.Values.keda.existingTriggerAuthentication) (eq .name .root.Values.connections.existingSecret) }}{{ $used = append $used "management" }}{{ end -}}
{{- range $used -}}
{{- $key := index $.root.Values.connections.keys . -}}
{{- if and $key (not (hasKey (default dict $secret.data) $key)) -}}
{{- fail (printf "Secret '%s' has no key '%s', which connections.keys.%s names." $.name $key .) -}}
{{- end -}}
{{- end -}}
{{- end }}

{{- define "migration.checkAccounts" -}}
{{- range $component := list "coordinator" "worker" -}}
{{- $account := (index $.Values $component).serviceAccount -}}
{{- if and (not $account.create) (not $account.name) -}}
{{- fail (printf "%s.serviceAccount.create is false: name the ServiceAccount to use in %s.serviceAccount.name." $component $component) -}}
{{- end -}}
{{- end -}}
{{- end }}
