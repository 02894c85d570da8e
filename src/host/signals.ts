import { constants } from 'node:os'
import { signalTree } from './process-tree.ts'

const NAMES = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const

/** Catches the signals that would end this process, so that it can undo its steps first. Until `close`. */
export class TerminationSignals {
  /** The first that came. */
  first: NodeJS.Signals | undefined
  #forward: (signal: NodeJS.Signals) => void = () => {}
  readonly #catch = (signal: NodeJS.Signals) => {
    this.first ??= signal
    this.#forward(signal)
  }

  constructor() {
    for (const name of NAMES) process.on(name, this.#catch)
  }

  /** From now on forwards them to a child, but SIGINT and SIGQUIT of a terminal, which it gets from the terminal. */
  forwardTo(pid: number): void {
    const fromTerminal = process.stdin.isTTY === true
    this.#forward = signal => {
      if (!fromTerminal || (signal !== 'SIGINT' && signal !== 'SIGQUIT')) signalTree(pid, signal)
    }
  }

  /** The exit status for the first signal, see signalStatus; undefined: none has come. */
  get status(): number | undefined {
    return this.first && signalStatus(this.first)
  }

  close(): void {
    for (const name of NAMES) process.off(name, this.#catch)
  }
}

/** The exit status of sh(1) for a command that a signal ended: 128 and the signal's number. */
export const signalStatus = (signal: NodeJS.Signals): number => 128 + (constants.signals[signal] ?? 0)
