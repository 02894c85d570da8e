import assert from 'node:assert/strict'
import { BootKeeper, type KeptBoot } from '../../src/appliance/boot-keeper.ts'
import type { OnceKeeper } from '../../src/appliance/once-keeper.ts'
import { SimClock } from '../../src/net/sim.ts'
import type { BootTable } from '../../src/state/boot-table.ts'

describe('appliance/boot-keeper', () => {
  it('a machine that is heard of is not forgotten for 10,000 strangers', async () => {
    const clock = new SimClock()
    const time = new Date(clock.now()).toISOString()
    const table = { all: () => [], put() {}, remove() {} } as unknown as BootTable<KeptBoot>
    const once = { see() {} } as unknown as OnceKeeper
    const keeper = new BootKeeper({ clock, emit: () => {}, table, once, machineOf: () => undefined })
    const asks = (mac: string) => keeper.see({ time, event: 'dhcp:discover', stage: 'firmware', mac })
    asks('m1')
    asks('m2')
    for (let stranger = 0; stranger < 10_000; stranger++) {
      asks(`x${stranger}`)
      if (stranger % 1000 === 0) keeper.see({ time, event: 'nfs:traffic', mac: 'm1' })
    }
    assert.notEqual(await keeper.token('m1'), undefined)
    assert.equal(await keeper.token('m2'), undefined, 'longest unheard of')
  })
})
