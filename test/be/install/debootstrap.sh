#!/bin/sh
# Stands in for debootstrap(8): takes the arguments that its manual page allows, and makes a small tree.
fail() { echo "E: $1" >&2; exit 1; }
while :; do
  case $1 in
    --arch=amd64 | --arch=arm64 | --arch=i386) arch=${1#*=} ;;
    --include=*) include=${1#*=} ;;
    --cache-dir=/*) [ -d "${1#*=}" ] && cache=${1#*=} || fail "${1#*=} does not exist" ;;
    -*) fail "unrecognized or invalid option $1" ;;
    *) break ;;
  esac
  shift
done
[ $# -eq 2 ] || [ $# -eq 3 ] || fail 'You must specify a suite and a target.'
suite=$1 target=$2 mirror=${3:-http://deb.debian.org/debian}
case $suite in bookworm | trixie | slow) ;; *) fail "No such script: /usr/share/debootstrap/scripts/$suite" ;; esac
case $mirror in http://* | https://* | file:///*) ;; *) fail "unknown location $mirror" ;; esac
case $include in *[!a-z0-9,.+-]*) fail "Couldn't find these debs: $include" ;; esac
[ ! -e "$target/bin" ] || fail "$target is no empty directory"
mkdir -p "$target/proc" "$target/boot" "$target/usr/bin" "$target/etc" "$target/debootstrap"
ln -s usr/bin "$target/bin"
echo "I: Retrieving InRelease from $mirror"
mount -t proc proc "$target/proc" || fail 'cannot mount proc'
if [ "$suite" = slow ] && [ ! -e "$cache/second-time" ]; then
  : >"$cache/second-time"
  echo $$ >"$target/etc/half"
  sleep 600
fi
umount "$target/proc"
: >"$cache/base-files_12_$arch.deb"
printf 'ID=debian\nPRETTY_NAME="Debian GNU/Linux (%s)"\n' "$suite" >"$target/etc/os-release"
echo "$include" >"$target/etc/included"
for file in vmlinuz-6.1.0-44-$arch initrd.img-6.1.0-44-$arch; do echo kernel >"$target/boot/$file"; done
rmdir "$target/debootstrap"
