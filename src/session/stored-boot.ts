import * as v from 'valibot'
import { type Boot, REACHES } from './boots.ts'

/** Milliseconds since the epoch that a Date can have. */
const time = v.pipe(v.number(), v.minValue(0), v.maxValue(8.64e15))
const count = v.pipe(v.number(), v.finite(), v.minValue(0))
const text = v.optional(v.string())

const entries = {
  mac: v.string(),
  be: text,
  by: text,
  handoff: text,
  reports: v.optional(v.boolean()),
  began: time,
  heard: time,
  stages: v.array(v.string()),
  moved: v.boolean(),
  reached: v.record(v.picklist(REACHES), time),
  evidence: text,
  uname: text,
  root: text,
  mounted: v.optional(time),
  calls: count,
  chained: v.optional(v.boolean()),
  bytes: v.object({ tftp: count, http: count, nfs: count }),
  addresses: v.array(v.string()),
  asksFrom: v.optional(v.record(v.string(), v.string())),
  ownDisk: v.optional(time),
  seen: v.optional(v.record(v.string(), time)),
  beat: v.optional(count),
  silent: v.optional(time),
  down: v.optional(time),
  unsure: v.optional(v.boolean()),
  trouble: text,
  failure: v.optional(v.object({ at: time, why: v.string() })),
} as const

/** Other fields pass: a newer nbe may have written them. */
const SCHEMA = v.looseObject(entries)

/** A boot as it was stored; undefined when the value is not one: damaged on disk, or edited. */
export const storedBoot = <T extends Boot>(value: unknown): T | undefined =>
  v.is(SCHEMA, value) ? (value as unknown as T) : undefined
