#!/usr/bin/env bash
# Runs a command as a container of the image would: image-root.sh FOLDER NAME=VALUE... -- COMMAND...
#
# FOLDER holds what the Dockerfile copied, /app among it. The base image's place is taken by this machine's own files;
# everything is read-only but /tmp, which is new and empty. The user is 10001, without capabilities or new privileges.
set -euo pipefail

if [[ ${1-} != --inside ]]; then exec unshare --mount --propagation private -- "$0" --inside "$@"; fi
shift

folder=$1
shift
variables=()
while [[ $1 != -- ]]; do variables+=("$1") && shift; done
shift

root=$folder.root
mkdir -p "$root"
mount -t tmpfs tmpfs "$root"
for path in /usr /bin /sbin /lib /lib64 /etc /dev /proc; do
  if [[ -L $path ]]; then
    cp -P "$path" "$root$path"
  elif [[ -d $path ]]; then
    mkdir "$root$path" && mount --rbind "$path" "$root$path"
  fi
done
copied=()
for path in "$folder"/*; do
  copied+=("$root/${path##*/}")
  mkdir -p "${copied[-1]}" && mount --bind "$path" "${copied[-1]}"
done
mkdir "$root/tmp" && mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
# What lies on a mount of its own stays as it is, unless it is named.
for path in "$root" "$root"/{usr,etc} "${copied[@]}"; do mount -o remount,bind,ro "$path"; done

exec env -i "${variables[@]}" /usr/sbin/chroot "$root" /usr/bin/setpriv --reuid 10001 --regid 10001 --clear-groups \
  --bounding-set=-all --inh-caps=-all --no-new-privs -- "$@"
