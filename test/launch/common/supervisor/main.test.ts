import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { LaunchPlan } from '../../../../src/launch/common/launch.ts'
import { vmFiles } from '../../../../src/launch/common/vm/files.ts'
import { readState } from '../../../../src/launch/common/vm/state.ts'
import { temporaryDirectory } from '../../../support/temporary.ts'

const SUPERVISOR = resolve(import.meta.dirname, '../../../../src/launch/common/supervisor/main.ts')

describe('supervisor process', () => {
  const tmp = temporaryDirectory()

  /** The job file of a machine whose hypervisor is this shell script. */
  function given(script: string) {
    const files = vmFiles(tmp.path, 'm1')
    mkdirSync(files.dir, { recursive: true })
    const main = { what: 'run', argv: ['sh', '-c', script] }
    const plan: LaunchPlan = { launch: 'qemu', be: 'b1', machine: 'm1', before: [], main }
    const job = join(tmp.path, 'job.json')
    writeFileSync(job, JSON.stringify({ files, job: { plan, restart: 'never' } }))
    return { files, job }
  }

  async function ends(job: string): Promise<number> {
    const child = spawn(process.execPath, [SUPERVISOR, job], { stdio: 'ignore' })
    const [status] = await once(child, 'exit')
    return status
  }

  it('bounds the log, whatever a guest makes its hypervisor print', async () => {
    const { files, job } = given('yes rdmsr to register 0x34 on vcpu 0 | head -c 5000000 >&2; echo end >&2')
    assert.equal(await ends(job), 0)
    const kept = [files.log, `${files.log}.1`].map(file => statSync(file).size)
    assert.ok(
      kept.every(bytes => bytes <= 1 << 20),
      String(kept),
    )
    assert.match(readFileSync(files.log, 'utf8'), /end\n$/)
  }).timeout(20_000)

  it('a full disk under the log does not end the machine', async () => {
    // Writes to stderr, runs for two seconds, exits with 0.
    const { files, job } = given('echo trouble >&2; sleep 1; echo more >&2; sleep 1; echo all said')
    symlinkSync('/dev/full', files.log)
    assert.equal(await ends(job), 0)
    assert.equal((await readState(files))?.phase, 'off')
    assert.equal(readFileSync(files.consoleLog, 'utf8'), 'all said\n')
  }).timeout(20_000)
})
