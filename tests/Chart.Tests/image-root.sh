#!/usr/bin/env bash
# Runs a command as a container of the image would: image-root.sh FOLDER NAME=VALUE... -- COMMAND...
#
# FOLDER holds what the Dockerfile copied, /app among it. The base image's place is taken by this machine's own files;
# everything is read-only but /tmp, which is new and empty. The user is 10001, without capabilities or new privileges.
# Who is not root needs a kernel that lets ordinary users make user namespaces.
set -euo pipefail

# Without root, a namespace of users stands for it, and another one for the image's user.
namespace=(--mount --propagation private)
become=(setpriv --reuid 10001 --regid 10001 --clear-groups)
if ((EUID != 0)); then namespace+=(--user --map-root-user); fi
case ${1-} in
  --inside) ;;
  --inside-as-user) become=(unshare --user --map-user=10001 --map-group=10001 setpriv) ;;
  *) exec unshare "${namespace[@]}" -- "$0" "--inside$( ((EUID == 0)) || echo -as-user)" "$@" ;;
esac
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

# Not chroot: a process in one may make no user namespace.
cd "$root"
pivot_root . .
umount --lazy .
exec "${become[@]}" --bounding-set=-all --inh-caps=-all --no-new-privs -- env -i "${variables[@]}" "$@"
