import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { LeaseDatabase } from '../../../src/dhcp/leases/database.ts'
import { FileLeaseLog } from '../../../src/dhcp/leases/log.ts'
import { leaseLogError } from '../../../src/dhcp/leases/log-error.ts'
import { nodeClock } from '../../../src/net/node.ts'
import { beError } from '../../support/errors.ts'

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

  it('keeps what is set aside in a file beside it, of a bounded size', async () => {
    const path = join(directory, 'leases.log')
    const disk = new FileLeaseLog(path)
    await disk.setAside(Buffer.from('one\n'))
    await disk.setAside(Buffer.from('two\n'))
    assert.equal(await readFile(`${path}.damaged`, 'latin1'), 'one\ntwo\n')
    await disk.setAside(Buffer.alloc(3 << 20, 'x'))
    assert.equal((await stat(`${path}.damaged`)).size, 1 << 20)
  })

  it('names the real cause and what helps: a directory in its place, a missing right, a full or read-only disk', async () => {
    const path = join(directory, 'leases.log')
    await mkdir(path)
    const opened = LeaseDatabase.open({ log: new FileLeaseLog(path), clock: nodeClock })
    await assert.rejects(opened, beError('BE_LEASE_LOG', /EISDIR.*move the directory away/))
    for (const [code, hint] of [
      ['EACCES', /as a user who may write in /],
      ['EROFS', /mount that file system for writing/],
      ['ENOSPC', /free space there/],
      ['EDQUOT', /free space there/],
      ['EMFILE', /limit of open files/],
      ['ERR_FS_FILE_TOO_LARGE', /no lease log/],
      ['EWEIRD', /set state\.dir to another directory/],
    ] as const) {
      const error = leaseLogError('write', path, Object.assign(new Error(`${code}: said so`), { code }))
      assert.match(error.line, hint)
      assert.ok(error.line.includes(`${code}: said so`), error.line)
      if (!/ENOSPC|EDQUOT/.test(code)) assert.ok(!error.line.includes('free space'), error.line)
    }
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
