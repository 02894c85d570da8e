import assert from 'node:assert/strict'
import { loadingMachines } from '../../src/session/loading.ts'
import type { SessionRecord } from '../../src/session/record.ts'

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
const names = (...records: SessionRecord[]) => loadingMachines(records, NOW).map(({ machine }) => machine)

describe('session/loading', () => {
  const ack = (ago: number, stage = 'loader') => record(ago, 'dhcp:ack', { stage })

  it('is a loader that reads by NFS, with no later record: a reload of the exports could cost it a file', () => {
    assert.deepEqual(names(plan(6, 'loader', 'nfs'), ack(5)), ['m1'])
    assert.deepEqual(loadingMachines([plan(6, 'loader', 'nfs'), ack(5)], NOW)[0]!.forMs, 5000)
  })

  it('is none that reads by TFTP or HTTP, which asks nothing of mountd; nor is firmware', () => {
    assert.deepEqual(names(plan(6, 'loader', 'tftp'), ack(5)), [])
    assert.deepEqual(names(plan(6, 'firmware', 'nfs'), ack(5, 'firmware')), [])
  })

  it('ends with the first packet or report of the system, with a new boot, or after a minute', () => {
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

  it('a machine whose records lie hours in the future (a log by another clock) is left out', () => {
    assert.deepEqual(names(plan(-7201, 'loader', 'nfs'), ack(-7200)), [])
  })
})
