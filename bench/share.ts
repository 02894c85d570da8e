import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { load } from '../src/config/load.ts'
import { Lab } from '../src/lab/lab.ts'
import { nodeClock } from '../src/net/node.ts'
import { freebsdDriver } from '../src/nfs/drivers/freebsd.ts'
import { shareEnvironments } from '../src/verbs/shares/share.ts'
import { NfsHost } from '../test/nfs/nfs-host.ts'
import { FakeFreebsd } from '../test/support/fake-freebsd.ts'
import type { Bench } from './contest.ts'
import { median, type Row } from './row.ts'

export const NEEDED = []

const BES = 1000

/** The measurements of one turn: times in ms, and how often mountd read its files. */
interface Turn {
  all: number
  allReloads: number
  one: number
  oneReload: number
}

/** `be sharenfs` of a thousand boot environments at once, then of one more, on a fake FreeBSD host. */
export async function share(bench: Bench): Promise<Row[]> {
  const turns: Turn[] = []
  for (let round = 0; round < bench.rounds; round++) {
    const turn = await once(join(bench.dir, `share${round}`))
    process.stderr.write(`bench: nbe ${JSON.stringify(turn)}\n`)
    turns.push(turn)
  }
  const all = median(turns.map(turn => turn.all)) / 1000
  const reloads = Math.max(...turns.map(turn => turn.allReloads))
  const one = median(turns.map(turn => turn.one - turn.oneReload))
  return [
    row('share-1000', `sharing ${BES} BEs at once`, 's', all, '≤ 3', all <= 3),
    row('share-1000-reloads', `sharing ${BES} BEs at once`, 'reloads', reloads, '1', reloads === 1),
    row('share-one-more', 'one more, beyond the reload', 'ms', one, '≤ 100', one <= 100),
  ]
}

const row = (id: string, what: string, unit: string, ours: number, goal: string, met: boolean): Row => ({
  id,
  what,
  unit,
  ours,
  peers: {},
  goal,
  met,
})

async function once(dir: string): Promise<Turn> {
  const nfs = await NfsHost.start()
  const host = new FakeFreebsd(nfs)
  const names = Array.from({ length: BES + 1 }, (_, i) => `be${i}`)
  for (const name of names) {
    mkdirSync(join(dir, 'ROOT', name), { recursive: true })
    host.mount(`zroot/ROOT/${name}`, join(dir, 'ROOT', name))
  }
  const reload = timed(host)
  const lab = open(dir, host, nfs)
  try {
    const all = await duration(() => shareEnvironments(lab, { names: names.slice(0, BES) }))
    const allReloads = host.count('service mountd')
    reload.ms = 0
    const one = await duration(() => shareEnvironments(lab, { names: [names[BES]!] }))
    return { all, allReloads, one, oneReload: reload.ms }
  } finally {
    lab.close()
    nfs.server.stop()
  }
}

/** Adds up the time of service(8) on the fake host. */
function timed(host: FakeFreebsd): { ms: number } {
  const service = host.programs.get('service')!
  const total = { ms: 0 }
  host.programs.set('service', async (args, input) => {
    const began = performance.now()
    const result = await service(args, input)
    total.ms += performance.now() - began
    return result
  })
  return total
}

function open(dir: string, host: FakeFreebsd, nfs: NfsHost): Lab {
  const flags = {
    'lab.address': '127.0.0.1/8',
    'be.root': join(dir, 'ROOT'),
    'state.dir': join(dir, 'state'),
    'exports.dir': join(dir, 'state/exports.d'),
  }
  const driver = freebsdDriver({ host, warn: () => {} })
  const access = { server: '127.0.0.1', host: async () => host, driver: async () => driver, close() {} }
  const effective = { ...load({ flags }), platform: 'freebsd' as const }
  return new Lab(effective, { network: nfs.network, clock: nodeClock, nfs: access })
}

async function duration(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return performance.now() - began
}
