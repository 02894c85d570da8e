import type { Lab } from '../../lab/lab.ts'
import type { Assignment } from '../../machines/assignment.ts'
import type { Machine } from '../../machines/machine.ts'
import { REACHES, type Reach } from '../../session/boots.ts'
import { type Progress, progressOf, stageOf } from './progress.ts'
import { findMachine } from './wait.ts'

/** A machine as `be status` shows it. Times: ISO 8601, UTC. */
export interface Status {
  /** Name, or MAC where it has none. */
  machine: string
  mac: string
  /** The boot environment that it runs, since when, and what says so. */
  runs: string | null
  since: string | null
  evidence: string | null
  uname: string | null
  root: string | null
  /** How far it is: `up`, `loader`, `own disk`, `never seen`. */
  stage: string
  /** What is to come next; `nothing` when it is up. */
  expected: string
  /** The boot environment of its present boot, and how it got there. */
  booting: string | null
  handoff: string | null
  began: string | null
  heard: string | null
  /** Seconds since it began, by what was reached. */
  way: Partial<Record<Reach, number>>
  /** Client stages that it went through. */
  clients: string[]
  bytes: { tftp: number; http: number; nfs: number } | null
  /** What it will boot next, and the rule that says so. */
  next: string | null
  rule: Assignment['rule'] | null
  /** What went wrong in its present boot. */
  trouble: string | null
  /** The last boot that came to nothing, if none has come up since; the present one only where that is certain. */
  failure: { at: string; why: string } | null
}

/** Every machine of the inventory and every other that has booted, or one. Throws BE_MACHINE_UNKNOWN. */
export function statusOf(rooms: Lab, nameOrMac?: string): Status[] {
  if (nameOrMac !== undefined) return [one(rooms, findMachine(rooms, nameOrMac))]
  const known: Pick<Machine, 'name' | 'mac'>[] = rooms.inventory.list()
  const macs = new Set(known.map(({ mac }) => mac))
  const others = rooms.boots.all().filter(({ machine }) => !macs.has(machine))
  const all = [...known, ...others.map(({ machine }) => ({ name: machine, mac: machine }))]
  return all.map(({ name, mac }) => one(rooms, { name, machine: mac }))
}

function one(rooms: Lab, { name, machine }: { name: string; machine: string }): Status {
  const progress = progressOf(rooms, machine)
  const { boot } = progress
  const next = rooms.assignments.assignmentOf(machine)
  return {
    machine: name,
    mac: machine,
    ...running(progress),
    ...stageOf(progress),
    booting: boot?.be ?? null,
    handoff: boot?.handoff ?? null,
    began: iso(boot?.began),
    heard: iso(boot?.heard),
    way: Object.fromEntries(
      REACHES.flatMap(reach => {
        const at = boot?.reached[reach]
        return at === undefined ? [] : [[reach, (at - boot!.began) / 1000]]
      }),
    ),
    clients: boot?.stages ?? [],
    bytes: boot?.bytes ?? null,
    next: next?.be ?? null,
    rule: next?.rule ?? null,
    trouble: boot?.trouble ?? null,
    failure: failure(progress),
  }
}

function running({ boot }: Progress) {
  const up = boot?.reached.up
  return {
    runs: (up !== undefined && boot?.be) || null,
    since: iso(up),
    evidence: boot?.evidence ?? null,
    uname: boot?.uname ?? null,
    root: boot?.root ?? null,
  }
}

function failure({ boot }: Progress): Status['failure'] {
  if (boot?.ownDisk !== undefined && boot.be !== undefined) {
    return { at: new Date(boot.ownDisk).toISOString(), why: `${boot.be}: it booted its own disk instead` }
  }
  const last = boot?.failure
  return last === undefined ? null : { at: new Date(last.at).toISOString(), why: last.why }
}

const iso = (ms: number | undefined): string | null => (ms === undefined ? null : new Date(ms).toISOString())
