import { BeError } from '../../errors/errors.ts'
import type { Lab } from '../../lab/lab.ts'
import { readMac } from '../../machines/mac.ts'
import { sleep } from '../../net/net.ts'
import { REACHES, type Reach } from '../../session/boots.ts'
import { isServing } from '../../state/service-lock.ts'
import { type Progress, progressOf, reachedSince, stageOf } from './progress.ts'

/** How often to look at what `be serve` wrote, in ms. */
const LOOK_MS = 200

/** What can be waited for: `asked` is left to `be wol`. */
export const GOALS = REACHES.slice(1)

export interface WaitOptions {
  /** How far it is to come. */
  goal: string
  seconds: number
}

/** A machine came as far as was wanted. */
export interface Arrived {
  machine: string
  be?: string
  reached: Reach
  /** ms since 1970. */
  at: number
  evidence?: string
}

/**
 * Resolves when the machine has come at least so far in its present boot; in the next, if it was woken or is to
 * boot something once. Throws BE_WAIT_FOR, BE_MACHINE_UNKNOWN, BE_WAIT_OVER (75) when it has not in time, and
 * BE_OWN_DISK and BE_ONCE_OVER (75) as soon as it is known that it will not.
 */
export async function waitFor(rooms: Lab, nameOrMac: string, options: WaitOptions): Promise<Arrived> {
  const goal = GOALS.find(one => one === options.goal)
  if (goal === undefined) {
    throw new BeError('BE_WAIT_FOR', `nothing called ${options.goal} to wait for`, {
      expected: GOALS.join(', '),
      exit: 'usage',
    })
  }
  const { name, machine } = findMachine(rooms, nameOrMac)
  const first = progressOf(rooms, machine)
  const end = rooms.clock.monotonic() + options.seconds * 1000
  for (let now = first; ; now = progressOf(rooms, machine)) {
    const at = reachedSince(now, goal)
    const { be, evidence } = now.boot ?? {}
    if (at !== undefined) {
      return { machine: name, be, reached: goal, at, ...(goal === 'up' && evidence && { evidence }) }
    }
    refuseHopeless(name, first, now, goal)
    if (rooms.clock.monotonic() >= end) throw over(name, now, options, isServing(rooms.stateDir))
    await sleep(rooms.clock, LOOK_MS)
  }
}

/** A machine of the inventory, or one that is known by its interface alone. */
export function findMachine(rooms: Lab, nameOrMac: string): { name: string; machine: string } {
  const mac = readMac(nameOrMac)
  const known = mac === undefined ? rooms.inventory.find(nameOrMac) : rooms.inventory.get(mac)
  return known === undefined ? { name: mac!, machine: mac! } : { name: known.name, machine: known.mac }
}

function refuseHopeless(name: string, first: Progress, now: Progress, goal: Reach): void {
  const meant = now.boot?.be
  if (meant !== undefined && stageOf(now).stage === 'own disk') {
    throw new BeError('BE_OWN_DISK', `${name} runs what is on its own disk, not ${meant}`, {
      expected: goal,
      hint: `be log ${name} shows what became of its boot from the network`,
      exit: 'tryAgain',
    })
  }
  const over = first.once !== undefined && now.once === undefined
  if (!over || reachedSince(now, 'up') !== undefined) return
  throw new BeError(
    'BE_ONCE_OVER',
    `${name} no longer boots ${first.once!.be} once; it is at: ${stageOf(now).stage}`,
    {
      expected: stageOf(now).expected,
      hint: `be log ${name} shows what became of it`,
      exit: 'tryAgain',
    },
  )
}

function over(name: string, now: Progress, { goal, seconds }: WaitOptions, served: boolean): BeError {
  const { stage, expected } = stageOf(now)
  const trouble = now.boot?.trouble === undefined ? '' : ` (${now.boot.trouble})`
  return new BeError(
    'BE_WAIT_OVER',
    `${name} has not come to ${goal} in ${seconds} s; it is at: ${stage}${trouble}`,
    {
      expected: `${expected} next`,
      hint: served ? `be log ${name} shows its way` : 'be serve does not run here: nobody answers machines',
      exit: 'tryAgain',
    },
  )
}
