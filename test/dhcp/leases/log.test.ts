import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { LeaseDatabase } from '../../../src/dhcp/leases/database.ts'
import { FileLeaseLog } from '../../../src/dhcp/leases/log.ts'
import { nodeClock } from '../../../src/net/node.ts'

const WRITER = fileURLToPath(new URL('lease-writer.ts', import.meta.url))

describe('dhcp lease log', () => {
  let directory: string

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'nbe-leases-'))
  })

  afterEach(() => rm(directory, { recursive: true }))

  it('has the content that was appended or replaced, and leaves no other file', async () => {
    const disk = new FileLeaseLog(join(directory, 'state', 'leases.log'))
    assert.equal((await disk.read()).length, 0)
    await disk.append(Buffer.from('a\n'))
    await disk.append(Buffer.from('b\n'))
    await disk.replace(Buffer.from('c\n'))
    await disk.append(Buffer.from('d\n'))
    assert.equal(String(await disk.read()), 'c\nd\n')
    await disk.close()
    assert.deepEqual(await readdir(join(directory, 'state')), ['leases.log'])
  })

  it('names the remedy when the directory cannot be written', async () => {
    await writeFile(join(directory, 'file'), '')
    const disk = new FileLeaseLog(join(directory, 'file', 'leases.log'))
    await assert.rejects(LeaseDatabase.open({ log: disk, clock: nodeClock }), { code: 'BE_LEASE_LOG' })
    await assert.rejects(disk.append(Buffer.from('x')), { code: 'BE_LEASE_LOG' })
  })

  it('no acknowledged lease is lost when the process is killed', async () => {
    const log = join(directory, 'leases.log')
    const acknowledged = new Map<string, number>()
    let last = 0
    for (const enough of [1, 500, 3000, 5000, 7000, 9000]) {
      await writeUntilKilled(log, last, enough, (mac, until) => {
        acknowledged.set(mac, Math.max(until, acknowledged.get(mac) ?? 0))
        last = Math.max(last, until)
      })
      const leases = await LeaseDatabase.open({ log: new FileLeaseLog(log), clock: nodeClock })
      for (const [mac, until] of acknowledged) {
        const kept = leases.byMac(mac)?.until ?? -1
        assert.ok(kept >= until, `${mac} was acknowledged until ${until}, the log says ${kept}`)
      }
      await leases.close()
      // The next writer begins above any number that this one may have written after its last output.
      last += 10_000
    }
    assert.equal(acknowledged.size, 300)
  })
})

/** Kills a writer after it acknowledged `enough` leases; calls back for each line that it printed. */
async function writeUntilKilled(
  log: string,
  from: number,
  enough: number,
  saw: (mac: string, until: number) => void,
) {
  const child = spawn(process.execPath, [WRITER, log, String(from)], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  const lines = createInterface({ input: child.stdout })
  let seen = 0
  lines.on('line', line => {
    const [mac, until] = line.split(' ')
    saw(mac!, Number(until))
    if (++seen === enough) child.kill('SIGKILL')
  })
  const [, [, signal]] = await Promise.all([once(lines, 'close'), exited])
  assert.equal(signal, 'SIGKILL', 'the writer ended by itself')
}
