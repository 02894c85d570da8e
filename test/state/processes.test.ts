import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Assignments } from '../../src/machines/assignment.ts'
import { Inventory } from '../../src/machines/inventory.ts'
import { openDatabase } from '../../src/state/database.ts'
import { temporaryDirectory } from '../support/temporary.ts'

const ASSIGNER = fileURLToPath(new URL('./assigner.ts', import.meta.url))

async function exited(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
}

describe('state with several processes', function () {
  this.timeout(60_000)
  const tmp = temporaryDirectory()

  const assigner = (machine: string, mac: string, rounds: number) =>
    spawn(process.execPath, [ASSIGNER, tmp.path, machine, mac, String(rounds)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })

  /** Every assignment that a process printed must be in the database. */
  function assertStored(lines: string[]): void {
    const db = openDatabase(tmp.path)
    const assignments = new Assignments(db)
    for (const line of lines) {
      const [machine, be] = line.split(' ') as [string, string]
      assert.deepEqual(assignments.assignmentOf(machine), { be, rule: 'machine' }, line)
    }
    db.close()
  }

  for (const after of [1, 23, 60]) {
    it(`kill -9 after ${after} assignments loses none that was acknowledged`, async () => {
      const child = assigner('m', '02:01:00:00:ff:ff', 60_000)
      const lines: string[] = []
      for await (const line of createInterface({ input: child.stdout })) {
        lines.push(line)
        if (lines.length === after) child.kill('SIGKILL')
      }
      await exited(child)
      assert.equal(child.signalCode, 'SIGKILL')
      assert.ok(lines.length >= after)
      // The last one may be cut where the pipe was.
      assertStored(lines.filter(line => /^m-(\d+) be\1$/.test(line)))
    })
  }

  it('two commands that start on an empty directory and write at once both succeed', async () => {
    const children = [assigner('a', '02:0a:00:00:ff:ff', 40), assigner('b', '02:0b:00:00:ff:ff', 40)]
    const output = await Promise.all(children.map(child => child.stdout.setEncoding('utf8').toArray()))
    for (const child of children) {
      await exited(child)
      assert.equal(child.exitCode, 0)
    }
    const lines = output.flatMap(chunks => chunks.join('').trim().split('\n'))
    assert.equal(lines.length, 80)
    assertStored(lines)
    const db = openDatabase(tmp.path)
    assert.equal(new Inventory(db).list().length, 82)
    db.close()
  })
})
