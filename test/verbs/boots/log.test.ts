import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import type { Inventory } from '../../../src/machines/inventory.ts'
import { sessionsFile } from '../../../src/session/log.ts'
import { type SessionRecord, serialize } from '../../../src/session/record.ts'
import { type LogInput, sessionRecords } from '../../../src/verbs/boots/log.ts'
import { temporaryDirectory } from '../../support/temporary.ts'

describe('verbs/boots/log', () => {
  const tmp = temporaryDirectory()
  const inventory = {
    find() {
      throw new Error('no such machine')
    },
  } as unknown as Inventory

  beforeEach(() => {
    const record = (event: string, level: SessionRecord['level']) =>
      serialize({ time: '2026-11-22T20:00:00.000Z', machine: 'm1', event, level })
    const lines = [record('a', 'info'), record('b', 'warn'), record('c', 'debug'), record('d', 'debug')]
    writeFileSync(sessionsFile(tmp.path), lines.join(''))
  })

  async function events(options: LogInput, machine?: string): Promise<string[]> {
    const found: string[] = []
    const lab = { stateDir: tmp.path, inventory }
    for await (const { event } of sessionRecords(lab, { ...options, machine })) found.push(event)
    return found
  }

  it('-l counts the records that are shown: be log -l 1 shows one', async () => {
    assert.deepEqual(await events({ last: 1 }), ['b'])
    assert.deepEqual(await events({ last: 1, verbose: true }), ['d'])
    assert.deepEqual(await events({}, 'm1'), ['a', 'b'])
  })

  it('accepts a machine that only the log has', async () => {
    assert.deepEqual(await events({ verbose: true }, 'M1'), ['a', 'b', 'c', 'd'])
    await assert.rejects(events({}, 'm2'), /no such machine/)
  })
})
