import type { LaunchStep } from '../launch.ts'

/**
 * What sh(1) does in the namespaces that unshare(1) made, before a command runs in a tree there. All of it is
 * seen there alone and goes with the last process: nothing is ever left mounted on the host, whoever was
 * killed. The tree and the command are arguments, never part of the script. Only the host's programs are used,
 * so a tree needs nothing but the command; links of a hostile tree lead nowhere. A step that fails ends with 125:
 * its own status would be taken for the command's.
 */
const HERE = `trap 'exit 125' EXIT
is_dir() { [ -d "$1" ] && [ ! -L "$1" ]; }
`

/** Those that are the command's to answer: who waits for it must not die of them, at a terminal least of all. */
const SIGNALS = 'INT,TERM,HUP,QUIT'

/** $1 the tree, $2 the host name; then the command. */
const ENTER_JAIL = `set -e
${HERE}root=$1 name=$2; shift 2
printf %s "$name" > /proc/sys/kernel/hostname
mount --rbind "$root" "$root"
cd "$root"
if is_dir proc; then
  mount -t proc -o nosuid,nodev,noexec proc proc
  mount --bind proc/sys proc/sys
  mount -o remount,bind,ro proc/sys
fi
if is_dir sys; then mount -t sysfs -o ro,nosuid,nodev,noexec sysfs sys; fi
if is_dir dev; then
  mount -t tmpfs -o mode=755,nosuid,noexec dev dev
  mkdir dev/pts dev/shm
  mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5,nosuid,noexec devpts dev/pts
  mount -t tmpfs -o mode=1777,nosuid,nodev shm dev/shm
  for node in null zero full random urandom tty; do
    : > dev/$node
    mount --bind /dev/$node dev/$node
  done
  ln -s pts/ptmx dev/ptmx
  ln -s /proc/self/fd dev/fd
fi
mount --move . /
trap - EXIT
`

/**
 * The shell stays and is the jail's init: a first process would get no signals that it does not catch. The
 * command cannot load modules, set the clock or make disk devices, nor (ptrace) see the host in /proc/1/root.
 */
const RUN_JAILED = `set +e
env --default-signal=SIGNALS setpriv --bounding-set=CAPABILITIES chroot . "$@"
exit $?
`
  .replace('SIGNALS', SIGNALS)
  .replace('CAPABILITIES', '-sys_module,-sys_rawio,-sys_time,-sys_ptrace,-mknod,-syslog')

/** A jail without a command lives until it is killed; who loses its parent in there is reaped by the kernel. */
const HOLD_JAIL = `echo ready
trap '' CHLD
exec sleep infinity
`

/** $1 the tree; then the command. It takes the shell's place, and so gets its signals and its terminal. */
const RUN_CHROOTED = `set -e
${HERE}root=$1; shift
cd "$root"
if is_dir proc; then mount -t proc proc proc; fi
if is_dir sys; then mount -t sysfs sysfs sys; fi
if is_dir dev; then mount --rbind /dev dev; fi
trap - EXIT
exec chroot . "$@"
`

/** Killed with us: else a command that nobody waits for would go on. */
const DIES_WITH_US = ['setpriv', '--pdeathsig', 'KILL']

/** Not private: a data set that the host unmounts would stay busy by the copy in here. */
const MOUNTS = ['unshare', '--mount', '--propagation', 'slave']
const PROCESSES = ['--uts', '--ipc', '--pid', '--fork', '--kill-child']

/** What the kernel is asked for. */
const namespaces = ({ network }: Pick<LinuxJail, 'network'>): string[] => [
  ...MOUNTS,
  ...PROCESSES,
  ...(network ? [] : ['--net']),
]

/** Whether we may make namespaces: unshare(1) itself would end with 1 later, as a command that failed does. */
const trial = (unshare: string[]): LaunchStep => ({
  do: { what: 'see that namespaces can be made', argv: [...unshare, 'true'] },
})

export const tryJail = (jail: Pick<LinuxJail, 'network'>): LaunchStep => trial(namespaces(jail))
export const tryChroot: LaunchStep = trial(MOUNTS)

export interface LinuxJail {
  path: string
  hostname: string
  /** With the host's network; otherwise with none. */
  network: boolean
}

/** The argument vector that runs a command in a jail; without one the jail stays, and prints `ready`. */
export function linuxJail({ path, hostname, network }: LinuxJail, command?: readonly string[]): string[] {
  const script = ENTER_JAIL + (command === undefined ? HOLD_JAIL : RUN_JAILED)
  return [
    ...(command === undefined ? [] : [...DIES_WITH_US, 'env', `--ignore-signal=${SIGNALS}`]),
    ...namespaces({ network }),
    ...['sh', '-c', script, 'be', path, hostname],
    ...(command ?? []),
  ]
}

/** The argument vector that runs a command chrooted, with /dev, /proc and /sys. */
export const linuxChroot = (path: string, command: readonly string[]): string[] => [
  ...DIES_WITH_US,
  ...MOUNTS,
  ...['sh', '-c', RUN_CHROOTED, 'be', path],
  ...command,
]
