import type { BootEnvironment } from '../../be/be.ts'
import type { BeFileSystem } from '../../be/store.ts'
import type { PlanInput } from '../../boot/plan-input.ts'
import type { Machine } from '../../machines/machine.ts'

/** The ways to start a boot environment. */
export const LAUNCHES = ['bhyveload', 'bhyve', 'qemu', 'xen', 'metal', 'jail', 'chroot'] as const
export type LaunchName = (typeof LAUNCHES)[number]

/** One program to run. */
export interface LaunchCommand {
  /** One line in the imperative: `make tap0`. */
  what: string
  argv: string[]
}

/** A file to write; it is removed afterwards. */
export interface LaunchFile {
  what: string
  path: string
  text: string
  mode?: number
}

/** A step before the start, and what takes it back. */
export interface LaunchStep {
  do: LaunchCommand | LaunchFile
  /** Run when the system is off, last first, whatever happened; failures are told and hold nothing up. */
  undo?: LaunchCommand
  /**
   * It makes this bridge: left out where that is there by then, and its undo while the bridge has ports besides
   * its uplink; see bridges.ts.
   */
  bridge?: MadeBridge
}

/** A bridge of ours, for all machines that name it: the first makes it, the last takes it away. */
export interface MadeBridge {
  name: string
  uplink?: string
}

/** What the end of a system asks for. */
export type Ending = 'again' | 'off' | 'failed'

/**
 * All that starting would do: what `be emit LAUNCH BE` prints, `-n` shows and start runs. Plain data: a
 * supervisor in a process of its own carries it out.
 */
export interface LaunchPlan {
  launch: LaunchName
  be: string
  machine?: string
  /** Files that must be there, and the package that brings each. */
  needs?: { path: string; from: string }[]
  /** Interfaces that it makes: none of them may be there. */
  makes?: string[]
  /** Once. */
  before: LaunchStep[]
  /** Before each boot: a bhyve machine is loaded anew each time. */
  load?: LaunchCommand[]
  /** The system itself, in the foreground: it is off when this ends. Its serial console is stdin and stdout. */
  main: LaunchCommand
  /** After each boot, and after a load that failed; failures hold nothing up. */
  clean?: LaunchCommand[]
  /** What an exit status of `main` means; by default 0 is off and all else failed. */
  ends?: Record<number, Ending>
  /** Presses the power button; SIGTERM to `main` when absent. */
  powerOff?: LaunchCommand | { socket: string; text: string }
}

/** What a launch is planned from. */
export interface LaunchInput {
  be: BootEnvironment
  fileSystems: readonly BeFileSystem[]
  machine?: Machine
  /** What the machine would be told of its boot, with a fresh handle; absent where no network boot is involved. */
  boot?: PlanInput
  /** A COMMAND to run in the started system instead of its boot, where the launch can. */
  command?: readonly string[]
}

/** One way to start a boot environment; one file each. `plan` is pure and throws BeErrors. */
export interface Launch<Input extends LaunchInput = LaunchInput> {
  readonly name: LaunchName
  plan(input: Input): LaunchPlan
}
