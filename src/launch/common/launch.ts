import type { BootEnvironment } from '../../be/be.ts'
import type { Machine } from '../../machines/machine.ts'

/**
 * One way to start a boot environment; one file each, listed in ../index.ts. `plan` does no I/O: files and
 * interfaces are neither read nor made. It throws BeErrors for what this launch cannot start.
 */
export interface Launch<Input extends LaunchInput = LaunchInput> {
  plan(input: Input): LaunchPlan
  /**
   * Whether the plan passes this machine's kernel its environment, without a loader in between: then the input
   * has `boot`, with a file handle of the root that was read for it.
   */
  loadsKernel?(machine: Machine): boolean
}

/** What every launch is planned from; VmInput and TreeInput add to it. */
export interface LaunchInput {
  be: BootEnvironment
  machine?: Machine
}

/**
 * All that a start does: `be emit LAUNCH BE` prints it, `-n` shows it, a start carries it out. Plain data, which
 * is handed as JSON to the supervisor, a process of its own.
 */
export interface LaunchPlan {
  /** The launch's name. */
  launch: string
  be: string
  machine?: string
  /** Files that have to exist, each with the package that installs it. */
  needs?: { path: string; from: string }[]
  /** The tap interfaces that it creates: none of them may exist. */
  taps?: string[]
  /** Once, before the first boot. */
  before: LaunchStep[]
  /** Before each boot: a bhyve machine is loaded anew each time. */
  load?: LaunchCommand[]
  /** The system itself, in the foreground: it is off when this ends. Its serial console is stdin and stdout. */
  main: LaunchCommand
  /** After each boot, and after a `load` that failed. Failures are ignored: there may be nothing to clean up. */
  clean?: LaunchCommand[]
  /** What the exit statuses of `main` mean. Default: 0 is off; those not listed are failures. */
  exitStatuses?: Record<number, Ending>
  /** Socket of QEMU's machine protocol, which tells when the machine has stopped although the process runs. */
  qmp?: string
  /** How to press the power button, as a program or as text to a socket. Default: SIGTERM to `main`. */
  powerOff?: LaunchCommand | { socket: string; text: string }
}

/** How one boot of a machine ended. */
export type Ending = 'reboot' | 'off' | 'failed'

/** One program to run. */
export interface LaunchCommand {
  /** One line in the imperative: `make tap0`. */
  what: string
  argv: string[]
}

/** A file to write. Its undo, where the step has none, is to remove it. */
export interface LaunchFile {
  what: string
  path: string
  text: string
  mode?: number
}

/** A step before the start, and how it is undone. */
export interface LaunchStep {
  do: LaunchCommand | LaunchFile
  /** Run when the system is off, last step first, whatever happened; a failure is reported and the rest undone. */
  undo?: LaunchCommand
  /**
   * The bridge that the step creates. Where it exists already the step is left out; it is destroyed only when
   * no other machine uses it (network/bridges.ts).
   */
  bridge?: VmBridge
  /**
   * The mount in a boot environment's tree that the step makes. Users of the tree share it; it is unmounted by the last
   * (verbs/trees).
   */
  mount?: TreeMount
}

/** A devfs(5) that is mounted in a boot environment's tree. */
export interface TreeMount {
  at: string
  /** The devfs ruleset; absent: all devices. */
  ruleset?: string
}

/** A bridge that virtual machines are connected to: created by the first that needs it, destroyed by the last. */
export interface VmBridge {
  name: string
  /** A physical interface that becomes a member of it as well. */
  uplink?: string
}
