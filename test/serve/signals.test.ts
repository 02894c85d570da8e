import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Lab } from '../rig/lab.ts'
import type { Program } from '../rig/program.ts'
import { CommandLine } from '../support/command-line.ts'

const FETCH = `${import.meta.dirname}/fetch.ts`

describe('be serve and signals', function () {
  this.timeout(60_000)
  let lab: Lab
  let cli: CommandLine
  let station: string[]

  before(async () => {
    lab = await Lab.open()
    station = await lab.station('client', '192.168.77.9/24')
  })
  beforeEach(() => {
    cli = new CommandLine(lab)
  })
  afterEach(() => cli.close())
  after(() => lab?.close())

  /** Makes a boot file of this size; returns what a client prints that has received all of it. */
  function bootFile(name: string, size: number): string {
    const bytes = Buffer.alloc(size, 'nbe boots ')
    writeFileSync(join(cli.dir, 'pxe', name), bytes)
    return `done ${size} ${createHash('sha256').update(bytes).digest('hex')}`
  }

  const fetch = (how: 'tftp' | 'http', file: string): Program =>
    lab.start([...station, process.execPath, FETCH, how, file], { name: how })

  /** Whether something listens for HTTP. */
  const listens = async (): Promise<boolean> =>
    (await cli.run(['sh', '-c', 'exec ss -Hltn "sport = :8080"'])).out !== ''

  it('SIGTERM during transfers: they are finished, no new one begins, and it exits 0', async () => {
    const small = bootFile('small', 100_000)
    // More than the socket buffers hold.
    const big = bootFile('big', 64 << 20)
    const service = await cli.serve()
    const clients = [fetch('tftp', 'small'), fetch('http', 'big')]
    for (const client of clients) await client.transcript.waitFor(/^begun$/m, 20_000)
    await cli.signal('TERM')
    await service.transcript.waitFor(/^be: SIGTERM: finishing transfers$/m, 20_000)
    assert.equal(await listens(), false)
    for (const client of clients) client.type('go on\n')
    for (const [client, whole] of [
      [clients[0]!, small],
      [clients[1]!, big],
    ] as const) {
      await client.ended
      assert.match(client.transcript.text, new RegExp(`^${whole}$`, 'm'))
    }
    assert.match(await service.ended, /\(status 0\)/)
  })

  it('SIGINT without transfers: exits 0', async () => {
    const service = await cli.serve()
    await cli.signal('INT')
    assert.match(await service.ended, /\(status 0\)/)
  })

  it('SIGHUP: live settings are applied, the others are named, and transfers go on', async () => {
    const toml = (boot: string, lab: string) =>
      writeFileSync(join(cli.dir, 'be.toml'), `[boot]\ncmdline = "${boot}"\n[http]\nport = ${lab}\n`)
    toml('quiet', '8080')
    cli.settings.NBE_CONFIG = join(cli.dir, 'be.toml')
    const whole = bootFile('small', 100_000)
    const service = await cli.serve()
    const client = fetch('tftp', 'small')
    await client.transcript.waitFor(/^begun$/m, 20_000)
    toml('debug', '8099')
    await cli.signal('HUP')
    const [line] = await service.transcript.waitFor(/^.* serve:reloaded .*$/m, 20_000)
    assert.match(line, / applied=boot\.cmdline restart-for=http\.port$/)
    assert.match(line, / level=warn /)
    toml('debug', '"x"')
    await cli.signal('HUP')
    const [failed] = await service.transcript.waitFor(/^.* serve:reload-failed .*$/m, 20_000)
    assert.match(failed, /be\.toml:4: http\.port: expected a whole number/)
    client.type('go on\n')
    await client.ended
    assert.match(client.transcript.text, new RegExp(`^${whole}$`, 'm'))
    assert.equal(await listens(), true)
  })

  it('goes on when its terminal is closed', async () => {
    const whole = bootFile('small', 100_000)
    // Its reader ends after the first line.
    const terminal = cli.shell('be serve --log-level debug 2>&1 | head -1')
    await cli.run(['sh', '-c', `until [ -n "$(ss -Hlun 'sport = :67')" ]; do sleep 0.05; done`])
    const client = fetch('tftp', 'small')
    await client.transcript.waitFor(/^begun$/m, 20_000)
    client.type('go on\n')
    await client.ended
    assert.match(client.transcript.text, new RegExp(`^${whole}$`, 'm'))
    await cli.signal('TERM')
    await terminal
    assert.match(await cli.done('log'), / tftp:done - .*ip=192\.168\.77\.9/)
  })
})
