import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { execa } from 'execa'
import { BeError } from '../../src/errors/errors.ts'
import { EXIT } from '../../src/errors/sysexits.ts'
import { ensurePackages } from '../support/packages.ts'
import { temporaryDirectory } from '../support/temporary.ts'

const UNITS = resolve(import.meta.dirname, '../../systemd')

describe('systemd units', () => {
  const dir = temporaryDirectory()

  before(() => ensurePackages(['systemd']))

  /** What systemd-analyze(1) says of all units together; the command is taken to be installed. */
  async function verify(change = (text: string) => text): Promise<string> {
    const paths = readdirSync(UNITS).map(name => {
      const text = readFileSync(join(UNITS, name), 'utf8').replaceAll(/^(Exec\w+)=be /gm, '$1=/bin/true ')
      writeFileSync(join(dir.path, name), change(text))
      return join(dir.path, name)
    })
    const options = { all: true, reject: false } as const
    return (await execa('systemd-analyze', ['verify', '--man=no', ...paths], options)).all
  }

  it('systemd has nothing against them', async () => {
    assert.equal(await verify(), '')
  })

  it('be is found wherever npm has put it: no path of ours is written out', () => {
    const lines = readdirSync(UNITS).flatMap(name => readFileSync(join(UNITS, name), 'utf8').split('\n'))
    const own = lines.filter(line => /^Exec/.test(line) && !line.includes('/bin/kill'))
    assert.ok(own.length >= 4)
    for (const line of own) assert.match(line, /^Exec(Start|Stop)=be /)
  })

  it('machines of vmtab that run are not killed for one that could not start', () => {
    const unit = readFileSync(join(UNITS, 'bevm.service'), 'utf8')
    const { exit } = new BeError('BE_MACHINES_FAILED', '')
    assert.deepEqual(/^SuccessExitStatus=(.*)$/m.exec(unit)?.[1]?.split(' '), [String(EXIT[exit])])
  })

  it('bed counts as started when it says so: what is ordered after it finds exports', () => {
    const unit = readFileSync(join(UNITS, 'bed.service'), 'utf8')
    assert.match(unit, /^Type=notify$/m)
    assert.match(unit, /^NotifyAccess=all$/m, 'systemd-notify(1) is not the main process')
    assert.match(readFileSync(join(UNITS, 'bevm.service'), 'utf8'), /^After=.*\bbed\.service$/m)
  })

  it('it would say so', async () => {
    assert.match(
      await verify(text => text.replace(/^ListenDatagram/m, 'ListenDatagramm')),
      /Unknown key .*ListenDatagramm/,
    )
    assert.match(await verify(text => text.replace('/bin/true', '/bin/no')), /\/bin\/no/)
  })
})
