import type { Lab } from '../../lab/lab.ts'
import type { Assignment } from '../../machines/assignment.ts'
import { REACHES, type Reach, troubleOf } from '../../session/boots.ts'
import { lastSign } from '../../session/life.ts'
import { isServing } from '../../state/service-lock.ts'
import { findMachine } from '../machines/find.ts'
import { type Progress, progressOf, stageOf } from './progress.ts'
import { everyMachine, runningWriters, type WritersLab } from './writers.ts'

/** A machine as `be status` shows it and --json prints it. Times: ISO 8601, UTC. */
export interface MachineStatus {
  /** Name, or MAC where it has none. */
  machine: string
  mac: string
  /** The boot environment that it runs, and since when; null when it is off or silent. */
  runs: string | null
  since: string | null
  /** The last sign of life of a system that came up, and when that was seen. */
  evidence: string | null
  seen: string | null
  /** Since when there was no sign of life, though there should be. */
  silent: string | null
  /** Since when it is off, how that is known, and why, if it ended by an error. */
  off: { since: string; by: string; why: string | null } | null
  /** As the running system reported them. */
  uname: string | null
  root: string | null
  /** The stage of its boot: `up`, `loader`, `own disk`, `silent`, `off`, `never seen`. */
  stage: string
  /** The stage expected next; `nothing` when it is up. */
  expected: string
  /** The boot environment of its present boot, and how its root is handed over. */
  booting: string | null
  handoff: string | null
  /** When its present boot began, and when the machine was last heard of. */
  began: string | null
  heard: string | null
  /** For each stage of its present boot, the seconds from its beginning. */
  way: Partial<Record<Reach, number>>
  /** The client stages of its present boot. */
  clients: string[]
  /** Bytes that were sent in its present boot. */
  bytes: { tftp: number; http: number; nfs: number } | null
  /** The boot environment assigned for its next boot, and the rule that assigns it. */
  next: string | null
  rule: Assignment['rule'] | null
  /** The other machines that write to the same root: they overwrite each other's files. */
  writesWith: string[]
  /** What went wrong in its present boot. */
  trouble: string | null
  /** The last failed boot, if none has come up since; the present one only when it has certainly failed. */
  failure: { at: string; why: string } | null
}

export interface StatusInput {
  /** Name or MAC; default: every machine of the inventory, and every other that has booted. */
  machine?: string
}

export interface StatusResult {
  machines: MachineStatus[]
  /** Whether the service runs on this state; if not, `machines` is what it recorded last. */
  served: boolean
}

type StatusLab = WritersLab & Pick<Lab, 'clock'>

/** The status of one machine or all. Throws BE_MACHINE_UNKNOWN. */
export function machineStatus(lab: StatusLab, { machine }: StatusInput = {}): StatusResult {
  const machines = machine === undefined ? everyMachine(lab) : [findMachine(lab, machine)]
  return { machines: machines.map(one => statusOf(lab, one)), served: isServing(lab.stateDir) }
}

function statusOf(lab: StatusLab, { name, mac }: { name: string; mac: string }): MachineStatus {
  const progress = progressOf(lab, mac)
  const { boot } = progress
  const now = running(progress)
  const be = now.runs
  const next = lab.assignments.assignmentOf(mac)
  return {
    machine: name,
    mac,
    ...now,
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
    writesWith: be === null ? [] : runningWriters(lab, be).filter(other => other !== name),
    trouble: (boot && troubleOf(boot, lab.clock.now())) ?? null,
    failure: failureOf(progress),
  }
}

function running({ boot, life, off }: Progress) {
  const up = off === undefined && life?.state === 'up' ? boot?.reached.up : undefined
  const sign = boot && lastSign(boot)
  return {
    runs: (up !== undefined && boot?.be) || null,
    since: iso(up),
    evidence: sign?.by ?? null,
    seen: iso(sign?.at),
    silent: iso(off === undefined && life?.state === 'silent' ? life.since : undefined),
    off: off === undefined ? null : { since: iso(off.since)!, by: off.by, why: off.why ?? null },
    uname: boot?.uname ?? null,
    root: boot?.root ?? null,
  }
}

function failureOf({ boot }: Progress): MachineStatus['failure'] {
  if (boot?.ownDisk !== undefined && boot.be !== undefined) {
    return { at: new Date(boot.ownDisk).toISOString(), why: `${boot.be}: it booted its own disk instead` }
  }
  const last = boot?.failure
  return last === undefined ? null : { at: new Date(last.at).toISOString(), why: last.why }
}

const iso = (ms: number | undefined): string | null => (ms === undefined ? null : new Date(ms).toISOString())
