import assert from 'node:assert/strict'
import type { Client } from '../../src/boot/client.ts'
import { ClientTable } from '../../src/lab/client-table.ts'

const client = (mac: string, ip?: string): Client => ({
  ...{ mac, stage: 'firmware', optionSpace: 312, ...(ip !== undefined && { ip }) },
})

describe('lab/client-table', () => {
  it('keeps the machines of the inventory, 1000 unknown ones with an address, and 1000 others', () => {
    const table = new ClientTable(mac => mac === 'm1')
    table.put(client('m1', '10.0.0.1'))
    table.put(client('guest', '10.0.0.2'))
    for (let n = 0; n < 12_000; n++) table.put(client(`x${n}`))
    assert.deepEqual([table.at('10.0.0.1')?.mac, table.at('10.0.0.2')?.mac], ['m1', 'guest'])
    const kept = Array.from({ length: 12_000 }, (_, n) => table.get(`x${n}`)).filter(Boolean)
    assert.equal(kept.length, 1000)
    for (let n = 0; n < 1000; n++) table.put(client(`y${n}`, `10.1.${n >> 8}.${n & 255}`))
    assert.deepEqual([table.at('10.0.0.1')?.mac, table.at('10.0.0.2')], ['m1', undefined])
  })

  it('an address is the one that a machine had last', () => {
    const table = new ClientTable(() => true)
    table.put(client('a', '10.0.0.1'))
    table.put(client('b', '10.0.0.1'))
    table.put(client('b', '10.0.0.2'))
    assert.deepEqual([table.at('10.0.0.1'), table.at('10.0.0.2')?.mac], [undefined, 'b'])
  })
})
