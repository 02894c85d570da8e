import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { damagedFile } from '../../../src/serve/boots/damaged.ts'
import { machineStatus } from '../../../src/verbs/boots/status.ts'
import { addMachine } from '../../../src/verbs/machines/add.ts'
import { OVMF, SimMachine } from '../../simulated/clients.ts'
import { SimSite } from '../../simulated/site.ts'
import { temporaryDirectory } from '../../support/temporary.ts'

const MACS = ['52:54:00:12:34:56', '52:54:00:12:34:57', '52:54:00:12:34:58']
/** Cut off, another type, a time that no Date can have, a field of another type. */
const DAMAGE = [
  `substr(boot, 1, length(boot) / 2)`,
  `'null'`,
  `json_set(boot, '$.heard', 1e300)`,
  `json_set(boot, '$.stages', 'firmware')`,
  `json_set(boot, '$.uname', json('{}'))`,
]

describe('a damaged row of the boots', () => {
  const tmp = temporaryDirectory()
  let site: SimSite

  beforeEach(async () => {
    site = await SimSite.start(tmp.path)
    for (const [index, mac] of MACS.entries()) {
      addMachine(site.lab, { name: `m${index}`, mac })
      await site.run(new SimMachine(site.net, mac).dhcp(OVMF))
    }
    await site.net.clock.advance(200)
  })
  afterEach(() => site.stop())

  for (const damage of DAMAGE) {
    it(`is set aside and said, and keeps nothing from starting: ${damage}`, async () => {
      site.lab.database.run(`UPDATE boots SET boot = ${damage} WHERE machine = ?`, MACS[1]!)
      const { boot } = site.lab.database.get('SELECT boot FROM boots WHERE machine = ?', MACS[1]!)!
      const stages = () => machineStatus(site.lab).machines.map(({ stage }) => stage)
      assert.deepEqual(stages(), ['asked', 'never seen', 'asked'], 'be status reads on')
      await site.stop()
      await site.serve()
      await site.net.clock.advance(100)
      const { mac, level, detail } = site.last('boot:damaged')!
      assert.deepEqual([mac, level, detail?.kept], [MACS[1], 'warn', damagedFile(site.lab.stateDir)])
      const kept = JSON.parse(readFileSync(damagedFile(site.lab.stateDir), 'utf8'))
      assert.deepEqual(kept, { machine: MACS[1], text: boot })
      assert.deepEqual(stages(), ['asked', 'never seen', 'asked'])
      await site.stop()
      await site.serve()
      assert.equal(site.count('boot:damaged'), 1, 'once')
    })
  }
})
