import type { BootEnvironment } from '../be/be.ts'
import type { BeFileSystem } from '../be/store.ts'
import type { PlanInput } from '../boot/plan.ts'
import type { Machine } from '../machines/machine.ts'

/** The ways to start a boot environment. */
export const LAUNCHES = ['bhyveload', 'bhyve', 'qemu', 'xen', 'metal', 'jail', 'chroot'] as const
export type LaunchName = (typeof LAUNCHES)[number]

/** One program to run. */
export interface LaunchCommand {
  /** One line in the imperative: `make tap0`. */
  what: string
  argv: string[]
  /** Exit statuses that are as good as 0. */
  accept?: readonly number[]
}

/** A step before the start, and what takes it back. */
export interface LaunchStep {
  /** A command, or a file to write. */
  do: LaunchCommand | { what: string; path: string; text: string; mode?: number }
  /** Run when the system is off, last first, whatever happened; failures are told and hold nothing up. */
  undo?: LaunchCommand
}

/** All that starting would do: what `be emit LAUNCH BE` prints, `-n` shows and start runs. */
export interface LaunchPlan {
  launch: LaunchName
  be: string
  machine?: string
  before: LaunchStep[]
  /** The system itself, in the foreground: it is off when this ends. */
  main: LaunchCommand
  /** What an exit status of `main` means; absent: 0 is off, all else failed. */
  ended?(status: number): 'again' | 'off' | 'failed'
  /** The serial console: a socket, or a device, or the program's own standard streams. */
  console?: { socket: string } | { device: string } | 'stdio'
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
export interface Launch {
  readonly name: LaunchName
  plan(input: LaunchInput): LaunchPlan
}
