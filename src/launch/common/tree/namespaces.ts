import type { LaunchStep } from '../launch.ts'

/**
 * Start of the scripts that sh(1) runs in the namespaces of unshare(1), before the command in the tree. Their
 * mounts are visible there only and vanish with the last process: nothing stays mounted on the host, whichever
 * process is killed. The tree and the command are arguments, never part of the script. Only programs of the host
 * are run, so that the tree needs nothing but the command. Directories of the tree that are symbolic links are not
 * mounted on: a hostile tree could point them at the host. A step that fails exits with 125, which cannot be
 * mistaken for the command's status.
 */
const PRELUDE = `trap 'exit 125' EXIT
is_dir() { [ -d "$1" ] && [ ! -L "$1" ]; }
`

/** Signals that only the command handles. The processes around it ignore them; a terminal sends them to all. */
const SIGNALS = 'INT,TERM,HUP,QUIT'

/**
 * $1 the tree, $2 the host name; then the command. The tree's /dev is filled at the host's /sys, which is not needed
 * here, and then moved: whoever writes to the tree may replace dev with a link to a directory of the host at any moment.
 */
const ENTER_JAIL = `set -e
${PRELUDE}root=$1 name=$2; shift 2
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
  mount -t tmpfs -o mode=755,nosuid,noexec dev /sys
  mkdir /sys/pts /sys/shm
  mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5,nosuid,noexec devpts /sys/pts
  mount -t tmpfs -o mode=1777,nosuid,nodev shm /sys/shm
  for node in null zero full random urandom tty; do
    : > /sys/$node
    mount --bind /dev/$node /sys/$node
  done
  ln -s pts/ptmx /sys/ptmx
  ln -s /proc/self/fd /sys/fd
  mount --move /sys dev
fi
mount --move . /
trap - EXIT
`

/**
 * The shell remains as the jail's init, because the kernel does not deliver signals to a first process that has no
 * handler for them. The command cannot load modules, set the clock or make disk devices, nor (ptrace) see the host
 * in /proc/1/root.
 */
const RUN_JAILED = `set +e
env --default-signal=SIGNALS setpriv --bounding-set=CAPABILITIES chroot . "$@"
exit $?
`
  .replace('SIGNALS', SIGNALS)
  .replace('CAPABILITIES', '-sys_module,-sys_rawio,-sys_time,-sys_ptrace,-mknod,-syslog')

/** A jail without a command stays until it is killed. With SIGCHLD ignored the kernel reaps orphans. */
const HOLD_JAIL = `echo ready
trap '' CHLD
exec sleep infinity
`

/** $1 the tree; then the command. It replaces the shell, and so gets its signals and its terminal. */
const RUN_CHROOTED = `set -e
${PRELUDE}root=$1; shift
cd "$root"
if is_dir proc; then mount -t proc proc proc; fi
if is_dir sys; then mount -t sysfs sysfs sys; fi
if is_dir dev; then mount --rbind /dev dev; fi
trap - EXIT
exec chroot . "$@"
`

/** Kills the command when this process dies: it would run on unattended. */
const DIE_WITH_PARENT = ['setpriv', '--pdeathsig', 'KILL']

/** Slave, not private: a data set that the host unmounts would stay busy by its copy in the namespace. */
const MOUNTS = ['unshare', '--mount', '--propagation', 'slave']
const PROCESSES = ['--uts', '--ipc', '--pid', '--fork', '--kill-child']

/** The unshare(1) command for a jail. */
const namespaces = ({ network }: Pick<LinuxJail, 'network'>): string[] => [
  ...MOUNTS,
  ...PROCESSES,
  ...(network ? [] : ['--net']),
]

/** Tries to make namespaces first: where it may not, unshare(1) exits with 1, like a command that failed. */
const tryStep = (unshare: string[]): LaunchStep => ({
  do: { what: 'see that namespaces can be made', argv: [...unshare, 'true'] },
})

export const tryJail = (jail: Pick<LinuxJail, 'network'>): LaunchStep => tryStep(namespaces(jail))
export const tryChroot: LaunchStep = tryStep(MOUNTS)

export interface LinuxJail {
  path: string
  hostname: string
  /** With the host's network; otherwise with no network. */
  network: boolean
}

/** The argument vector that runs a command in a jail. Without a command the jail prints `ready` and stays. */
export function linuxJail({ path, hostname, network }: LinuxJail, command?: readonly string[]): string[] {
  const script = ENTER_JAIL + (command === undefined ? HOLD_JAIL : RUN_JAILED)
  return [
    ...(command === undefined ? [] : [...DIE_WITH_PARENT, 'env', `--ignore-signal=${SIGNALS}`]),
    ...namespaces({ network }),
    ...['sh', '-c', script, 'be', path, hostname],
    ...(command ?? []),
  ]
}

/** The argument vector that runs a command chrooted, with /dev, /proc and /sys. */
export const linuxChroot = (path: string, command: readonly string[]): string[] => [
  ...DIE_WITH_PARENT,
  ...MOUNTS,
  ...['sh', '-c', RUN_CHROOTED, 'be', path],
  ...command,
]
