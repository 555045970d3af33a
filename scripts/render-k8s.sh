#!/usr/bin/env bash
# Renders the plain manifests from the chart: scripts/render-k8s.sh [DIR], by default into k8s/. HELM names another helm.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."

helm=${HELM:-helm}
folder=${1:-k8s}

# render CASE FILE: without the tests of the chart, and without the marks that only Helm's own objects should bear.
render() {
  mkdir -p "$(dirname "$folder/$2")"
  {
    echo "# Rendered from helm/migration with ci/$1-values.yaml by scripts/render-k8s.sh: change the chart, not this file."
    "$helm" template shop helm/migration --namespace migration --skip-tests \
      --values "helm/migration/ci/$1-values.yaml" --set namespace.create=true |
      sed -E '/^ *(helm\.sh\/chart|app\.kubernetes\.io\/managed-by):/d; /^# Source: /d'
  } >"$folder/$2"
}

render shop migration.yaml
render static-jobs static-slices/jobs/slices.yaml
render static-indexed static-slices/indexed-job/slices.yaml
