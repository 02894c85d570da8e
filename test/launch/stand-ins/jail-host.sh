#!/bin/sh
# Stand-in, under the name that it is called by, for jail(8), jexec(8), jls(8), mount(8), umount(8) and chroot(8)
# of FreeBSD: checks arguments as the manual pages have them, and does on Linux what comes near. A line for each
# call in $FREEBSD_HOST/log, a file for each jail in $FREEBSD_HOST/jails.
program=${0##*/}
jails=$FREEBSD_HOST/jails
echo "$program $*" >> "$FREEBSD_HOST/log"
mkdir -p "$jails"

die() { echo "$program: $1" >&2; exit 1; }
usage() { echo "usage: $program" >&2; exit 64; }

# Booleans take a value of true or false; the rest of jail(8), "Jail Parameters", as far as it is said here.
parameter() {
  name=${1%%=*} value=${1#*=}
  [ "$name" != "$1" ] || usage
  case $name in
    persist|allow.mount|allow.mount.*|allow.raw_sockets|allow.chflags|exec.clean)
      case $value in true|false) ;; *) die "bad value for $name: $value" ;; esac ;;
    enforce_statfs) case $value in [012]) ;; *) die "enforce_statfs: bad value" ;; esac ;;
    devfs_ruleset) case $value in ''|*[!0-9]*) die "devfs_ruleset: bad value" ;; esac ;;
    ip4|ip6|vnet) case $value in inherit|new|disable) ;; *) die "$name: bad value" ;; esac ;;
    name) case $value in *.*|'') die "name cannot contain '.'" ;; *[!0-9]*) ;; *) die "name cannot be numeric" ;; esac
      jail_name=$value ;;
    path) case $value in /*) ;; *) die "path: not absolute" ;; esac
      [ -d "$value" ] || die "$value: No such file or directory"
      jail_path=$value ;;
    host.hostname|ip4.addr|osrelease) ;;
    *) die "unknown parameter: $name" ;;
  esac
  [ "$name=$value" != persist=true ] || persist=1
}

# Sets jail, jid, name and path of the jail with this jid or name.
find_jail() {
  for jail in "$jails"/*; do
    [ -e "$jail" ] || continue
    read -r jid name path < "$jail"
    if [ "$1" = "$jid" ] || [ "$1" = "$name" ]; then return; fi
  done
  false
}

case $program in
  jail)
    if [ "$1" = -R ]; then
      [ $# -eq 2 ] || usage
      find_jail "$2" || die "\"$2\" not found"
      rm "$jail"
      # All processes of a removed jail are killed.
      for file in $(grep -lsz "^JAILED_IN=$jid\$" /proc/[0-9]*/environ); do
        pid=${file#/proc/}
        kill -KILL "${pid%/environ}"
      done
      exit 0
    fi
    [ "$1" = -q ] && shift
    [ "$1" = -c ] && shift || usage
    for word in "$@"; do parameter "$word"; done
    [ -n "$persist" ] || die "no command or persist: the jail would end at once"
    [ -n "$jail_path" ] || die "path is not set"
    # The message has the jid of the other jail, not the name.
    if find_jail "$jail_name"; then die "\"$jid\" already exists"; fi
    [ ! -e "$FREEBSD_HOST/refuse" ] || die "jail_set: Operation not permitted"
    # The lowest jid that is free, as the kernel takes it.
    jid=1
    while cut -d ' ' -f 1 "$jails"/* 2> /dev/null | grep -qx "$jid"; do jid=$((jid + 1)); done
    echo "$jid $jail_name $jail_path" > "$jails/$jail_name"
    ;;
  jexec)
    case $1 in -*) usage ;; esac
    [ $# -ge 2 ] || usage
    find_jail "$1" || die "jail \"$1\" not found"
    shift
    exec env JAILED_IN="$jid" /usr/sbin/chroot "$path" "$@"
    ;;
  jls)
    [ "$*" = 'jid name path' ] || usage
    cat "$jails"/* 2> /dev/null
    exit 0
    ;;
  mount)
    [ "$1 $2" = '-t devfs' ] && shift 2 || usage
    case $1 in
      -o)
        case $2 in ruleset=*[!0-9]*|ruleset=) usage ;; ruleset=*) ;; *) usage ;; esac
        shift 2 ;;
    esac
    [ $# -eq 2 ] && [ "$1" = devfs ] || usage
    [ -d "$2" ] || die "$2: No such file or directory"
    exec /bin/mount -t tmpfs devfs "$2"
    ;;
  umount)
    [ $# -eq 1 ] || usage
    if [ -e "$FREEBSD_HOST/busy" ]; then
      rm "$FREEBSD_HOST/busy"
      die "unmount of $1 failed: Device busy"
    fi
    exec /bin/umount "$1"
    ;;
  chroot)
    case $1 in -*) usage ;; esac
    [ $# -ge 2 ] || usage
    exec /usr/sbin/chroot "$@"
    ;;
  *) usage ;;
esac
