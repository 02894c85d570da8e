import { BeError } from '../../errors/errors.ts'
import type { Lab } from '../../lab/lab.ts'
import { poll } from '../../net/poll.ts'
import { REACHES, type Reach, troubleOf } from '../../session/boots.ts'
import { isServing } from '../../state/service-lock.ts'
import { findMachine } from '../machines/find.ts'
import { atStage } from './at-stage.ts'
import {
  type Progress,
  type ProgressLab,
  progressOf,
  reachedSince,
  requestedAt,
  stageOf,
} from './progress.ts'

/** How often the state is read, in ms. */
const POLL_MS = 200

/** The stages that can be waited for; `be wol --wait` waits for the first one, `asked`. */
export const WAIT_STAGES = REACHES.slice(1)

export interface WaitInput {
  /** Name or MAC. */
  machine: string
  /** One of WAIT_STAGES. */
  stage: string
  /** How long to wait. */
  seconds: number
  /** Called with the machine's stage and the one expected next: at first, and when they change. */
  onStage?: (machine: string, stage: string, expected: string) => void
}

/** A stage that a machine has reached. */
export interface WaitResult {
  /** Name, or MAC where it has none. */
  machine: string
  be?: string
  reached: Reach
  /** ms since 1970. */
  at: number
  /** Of `up`: the last sign of life. */
  evidence?: string
}

/**
 * Resolves when the machine has reached the stage in its present boot, or in its next one if that was requested by
 * waking it or by a one-time assignment. Throws BE_WAIT_FOR, BE_MACHINE_UNKNOWN, BE_WAIT_OVER (75) when the time is over,
 * and BE_OWN_DISK, BE_MACHINE_OFF and BE_ONCE_OVER (75) as soon as it is certain that the stage will not be reached.
 */
export async function waitForMachine(
  lab: ProgressLab & Pick<Lab, 'clock'>,
  input: WaitInput,
): Promise<WaitResult> {
  const goal = WAIT_STAGES.find(stage => stage === input.stage)
  if (goal === undefined) {
    throw new BeError('BE_WAIT_FOR', `nothing called ${input.stage} to wait for`, {
      expected: WAIT_STAGES.join(', '),
    })
  }
  const { name, mac } = findMachine(lab, input.machine)
  const first = progressOf(lab, mac)
  let now = first
  let shown: string | undefined
  const times = { everyMs: POLL_MS, limitMs: input.seconds * 1000 }
  const result = await poll(lab.clock, times, (): WaitResult | undefined => {
    now = progressOf(lab, mac)
    const at = reachedSince(now, goal)
    if (at !== undefined) {
      const evidence = goal === 'up' && now.life?.state === 'up' ? { evidence: now.life.by } : {}
      return { machine: name, be: now.boot?.be, reached: goal, at, ...evidence }
    }
    checkStillPossible(name, first, now, goal)
    const { stage, expected } = stageOf(now)
    if (stage !== shown) input.onStage?.(name, stage, expected)
    shown = stage
    return undefined
  })
  if (result !== undefined) return result
  const why = now.boot && troubleOf(now.boot, lab.clock.now())
  throw waitOver(name, now, { ...input, why, served: isServing(lab.stateDir) })
}

/** Throws BE_OWN_DISK, BE_MACHINE_OFF, BE_ONCE_OVER. */
function checkStillPossible(name: string, first: Progress, now: Progress, goal: Reach): void {
  const wanted = now.boot?.be
  if (wanted !== undefined && stageOf(now).stage === 'own disk') {
    throw new BeError('BE_OWN_DISK', `${name} runs what is on its own disk, not ${wanted}`, {
      expected: goal,
      hint: `be log ${name} shows what became of its boot from the network`,
    })
  }
  if (isGone(first, now)) {
    throw new BeError('BE_MACHINE_OFF', `${name} is ${atStage(now)}`, {
      expected: goal,
      hint: `be log ${name} shows its way; be vm start ${name}`,
    })
  }
  const ended = first.once !== undefined && now.once === undefined
  if (!ended || reachedSince(now, 'up') !== undefined) return
  const message = `${name} no longer boots ${first.once!.be} once; it is at: ${atStage(now)}`
  throw new BeError('BE_ONCE_OVER', message, {
    expected: stageOf(now).expected,
    hint: `be log ${name} shows what became of it`,
  })
}

/**
 * Whether its virtual machine ended in the boot that is waited for: since the wait began, or before that boot was up. One
 * that was off before is waited for until somebody starts it.
 */
function isGone(first: Progress, now: Progress): boolean {
  const { off, boot } = now
  if (off?.by !== 'vm' || off.since < requestedAt(now)) return false
  const cameUp = boot?.reached.up !== undefined && boot.reached.up >= requestedAt(now)
  return first.off === undefined || off.since > first.off.since || (requestedAt(now) > 0 && !cameUp)
}

function waitOver(
  name: string,
  now: Progress,
  { stage: goal, seconds, why, served }: WaitInput & { why: string | undefined; served: boolean },
): BeError {
  const { expected } = stageOf(now)
  const trouble = why === undefined ? '' : ` (${why})`
  const message = `${name} has not come to ${goal} in ${seconds} s; it is at: ${atStage(now)}${trouble}`
  return new BeError('BE_WAIT_OVER', message, {
    expected: `${expected} next`,
    hint: served ? `be log ${name} shows its way` : 'be serve does not run here: nobody answers machines',
  })
}
