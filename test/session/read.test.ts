import assert from 'node:assert/strict'
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { readTail } from '../../src/session/read.ts'
import { type SessionRecord, serialize } from '../../src/session/record.ts'
import { temporaryDirectory } from '../support/temporary.ts'

describe('session/read', () => {
  const tmp = temporaryDirectory()

  const record = (event: string, detail?: SessionRecord['detail']): SessionRecord => ({
    time: '2026-11-23T12:00:00.000Z',
    mac: '02:00:00:00:00:01',
    machine: 'm1',
    event,
    ...(detail && { detail }),
  })

  it('reads the end of a long log, lines that are cut at either end left out', async () => {
    const path = join(tmp.path, 'sessions.jsonl')
    assert.deepEqual(await readTail(path), [])
    const filler = serialize(record('tftp:done', { file: 'x'.repeat(1000) }))
    appendFileSync(path, filler.repeat(2000) + serialize(record('dhcp:ack')) + filler.slice(0, 30))
    const records = await readTail(path)
    assert.equal(records.at(-1)!.event, 'dhcp:ack')
    assert.ok(records.length > 500 && records.length < 2000)
  })
})
