import assert from 'node:assert/strict'
import type { RecordedBoot } from '../../../src/lab/present-boots.ts'
import { Assignments } from '../../../src/machines/assignment.ts'
import { Inventory } from '../../../src/machines/inventory.ts'
import { nodeClock } from '../../../src/net/node.ts'
import { storedBoot } from '../../../src/session/stored-boot.ts'
import { BootTable } from '../../../src/state/boot-table.ts'
import { openDatabase } from '../../../src/state/database.ts'
import { waitForMachine } from '../../../src/verbs/boots/wait.ts'
import { temporaryDirectory } from '../../support/temporary.ts'

const MAC = '02:00:00:00:00:01'

describe('verbs/boots/wait', () => {
  const tmp = temporaryDirectory()

  it('tells where the machine is while it waits: each stage once, as it comes', async () => {
    const database = openDatabase(tmp.path)
    const boots = new BootTable(database, storedBoot<RecordedBoot>)
    const inventory = new Inventory(database)
    const lab = {
      inventory,
      boots,
      assignments: new Assignments(database),
      clock: nodeClock,
      stateDir: tmp.path,
    }
    inventory.add({ name: 'm1', mac: MAC })
    const began = Date.now()
    const reached: RecordedBoot['reached'] = {}
    /** Records that the machine has come so far. */
    const comeTo = (stage: keyof RecordedBoot['reached']) => {
      reached[stage] = Date.now()
      const boot: RecordedBoot = {
        mac: MAC,
        be: 'r14.1',
        began,
        heard: Date.now(),
        stages: [],
        moved: true,
        reached,
        calls: 0,
        bytes: { tftp: 0, http: 0, nfs: 0 },
        addresses: [],
      }
      boots.put([{ machine: MAC, token: 't', boot }])
    }
    const seen: string[] = []
    const then = { 'never seen': 'asked', asked: 'loader', loader: 'up' } as const
    const result = await waitForMachine(lab, {
      machine: 'm1',
      stage: 'up',
      seconds: 600,
      onStage: (machine, stage, expected) => {
        seen.push(`${machine}: ${stage}, ${expected} next`)
        comeTo(then[stage as keyof typeof then])
      },
    })
    assert.equal(result.reached, 'up')
    assert.deepEqual(seen, ['m1: never seen, asked next', 'm1: asked, file next', 'm1: loader, kernel next'])
    database.close()
  })
})
