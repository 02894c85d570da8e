import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { LaunchPlan } from '../../src/launch/launch.ts'
import { readState, vmFiles } from '../../src/launch/vm-dir.ts'
import { temporaryDirectory } from '../support/temporary.ts'

const SUPERVISOR = resolve(import.meta.dirname, '../../src/launch/supervisor.ts')

describe('launch supervisor', () => {
  const tmp = temporaryDirectory()

  it('a full disk below its log takes no machine down', async () => {
    const files = vmFiles(tmp.path, 'm1')
    mkdirSync(files.dir, { recursive: true })
    // It complains, runs for a moment, and ends well.
    const argv = ['sh', '-c', 'echo trouble >&2; sleep 1; echo more >&2; sleep 1; echo all said']
    const plan: LaunchPlan = {
      launch: 'qemu',
      be: 'b1',
      machine: 'm1',
      before: [],
      main: { what: 'run', argv },
    }
    const job = join(tmp.path, 'job.json')
    writeFileSync(job, JSON.stringify({ files, job: { plan, restart: 'never' } }))
    const full = openSync('/dev/full', 'a')
    const child = spawn(process.execPath, [SUPERVISOR, job], { stdio: ['ignore', full, full] })
    const [status] = await once(child, 'exit')
    assert.equal(status, 0)
    assert.equal((await readState(files))?.phase, 'off')
    assert.equal(readFileSync(files.consoleLog, 'utf8'), 'all said\n')
  }).timeout(20_000)
})
