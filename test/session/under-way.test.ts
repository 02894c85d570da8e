import assert from 'node:assert/strict'
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { type SessionRecord, serialize } from '../../src/session/record.ts'
import { latest, underWay } from '../../src/session/under-way.ts'
import { temporaryDirectory } from '../support/temporary.ts'

const NOW = Date.parse('2026-11-23T12:00:00.000Z')
const MAC = '02:00:00:00:00:01'

const record = (ago: number, event: string, more: Partial<SessionRecord> = {}): SessionRecord => ({
  time: new Date(NOW - ago * 1000).toISOString(),
  mac: MAC,
  machine: 'm1',
  event,
  ...more,
})
const plan = (ago: number, stage: string, handoff: string) =>
  record(ago, 'boot:plan', { stage, detail: { handoff } })
const names = (...records: SessionRecord[]) => underWay(records, NOW).map(({ machine }) => machine)

describe('session/under-way', () => {
  const ack = (ago: number, stage = 'loader') => record(ago, 'dhcp:ack', { stage })

  it('a loader that was told to read by NFS, and nothing since: a reload could cost it a file', () => {
    assert.deepEqual(names(plan(6, 'loader', 'nfs'), ack(5)), ['m1'])
    assert.deepEqual(underWay([plan(6, 'loader', 'nfs'), ack(5)], NOW)[0]!.forMs, 5000)
  })

  it('one that reads by TFTP or HTTP asks mountd nothing; firmware neither', () => {
    assert.deepEqual(names(plan(6, 'loader', 'tftp'), ack(5)), [])
    assert.deepEqual(names(plan(6, 'firmware', 'nfs'), ack(5, 'firmware')), [])
  })

  it('is over when the system speaks, reports, or the machine begins anew, and after a minute at most', () => {
    const loading = [plan(31, 'loader', 'nfs'), ack(30)]
    assert.deepEqual(names(...loading, record(9, 'dhcp:request', { stage: 'os' })), [])
    assert.deepEqual(names(...loading, record(9, 'os:up', { stage: 'os' })), [])
    assert.deepEqual(names(...loading, record(9, 'dhcp:discover', { stage: 'firmware' })), [])
    assert.deepEqual(names(...loading, record(9, 'dhcp:discover', { stage: 'loader' })), ['m1'])
    assert.deepEqual(names(plan(62, 'loader', 'nfs'), ack(61)), [])
  })

  it("FreeBSD's loader.efi, started by iPXE with its address as arguments, asks no DHCP: its file counts", () => {
    const file = (name: string) =>
      record(3, 'http:get', { stage: 'ipxe', detail: { file: `/be/x/boot/${name}` } })
    assert.deepEqual(names(plan(4, 'ipxe', 'arguments'), file('loader.efi')), ['m1'])
    assert.deepEqual(names(plan(4, 'ipxe', 'arguments'), file('vmlinuz')), [])
  })

  it('a machine of another clock, whose records lie hours ahead, is waited for by nobody', () => {
    assert.deepEqual(names(plan(-7201, 'loader', 'nfs'), ack(-7200)), [])
  })

  const tmp = temporaryDirectory()

  it('reads the end of a long log, torn lines and all', async () => {
    const path = join(tmp.path, 'sessions.jsonl')
    assert.deepEqual(await latest(path), [])
    const filler = serialize(record(50, 'tftp:done', { detail: { file: 'x'.repeat(1000) } }))
    appendFileSync(path, filler.repeat(2000) + serialize(record(1, 'dhcp:ack')) + filler.slice(0, 30))
    const records = await latest(path)
    assert.equal(records.at(-1)!.event, 'dhcp:ack')
    assert.ok(records.length > 500 && records.length < 2000)
  })
})
