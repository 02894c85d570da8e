import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Lab } from '../rig/lab.ts'
import type { Program } from '../rig/program.ts'
import { CommandLine } from '../support/command-line.ts'
import { ensurePackages } from '../support/packages.ts'

const CROWD = `${import.meta.dirname}/crowd.ts`

describe('be serve goes on', function () {
  this.timeout(60_000)
  let lab: Lab
  let cli: CommandLine
  let station: string[]
  let service: Program

  before(async () => {
    await ensurePackages(['nfs-ganesha', 'nfs-ganesha-vfs', 'rpcbind'])
    lab = await Lab.open()
    station = await lab.station('machines', '192.168.77.9/24')
    cli = new CommandLine(lab, { NBE_NFS_DRIVER: 'ganesha' })
    service = await cli.serve()
    for (const be of ['good', 'bad', 'old', 'lost']) {
      await cli.done('create', '-l', 'freebsd', be)
      const loader = be === 'old' ? 'boot/pxeboot' : 'boot/loader.efi'
      const files = [loader, 'boot/kernel/kernel', 'bin/freebsd-version']
      await cli.shell(
        `cd /ROOT/${be}; for f in ${files.join(' ')}; do mkdir -p $(dirname $f); echo x > $f; done`,
      )
    }
    await cli.done('machine', 'add', 'm1', '02:00:00:00:01:00')
    await cli.done('machine', 'add', 'm2', '02:00:00:00:02:00')
    await cli.done('sharepxe', 'good', 'm1')
    await cli.done('sharepxe', 'bad', 'm2')
  })
  after(async () => {
    await cli?.close()
    await lab?.close()
  })

  /** The boot file in the DHCP reply to the firmware of the machine with this number; empty: none. */
  async function boots(machine: number): Promise<string> {
    const acks = service.transcript.text.split(' dhcp:ack ').length
    const out = await lab.run([...station, process.execPath, CROWD, String(machine), '1'])
    // The service logs the ACK a moment after sending it.
    await service.transcript.waitFor(new RegExp(`(?: dhcp:ack [\\s\\S]*){${acks}}`), 10_000)
    return JSON.parse(out).file
  }

  /** The output of the service since `from`, an index into its transcript. */
  const said = (from: number): string => service.transcript.text.slice(from)
  const now = (): number => service.transcript.text.length

  it('for one machine while another cannot boot, and logs why at its first DISCOVER', async () => {
    await cli.done('unshare', 'bad')
    const from = now()
    assert.equal(await boots(2), '')
    const events = [...said(from).matchAll(/^\S+ m2 firmware (\S+) /gm)].map(([, event]) => event)
    assert.deepEqual(events.slice(0, 3), ['dhcp:discover', 'boot:refused', 'dhcp:offer'])
    assert.match(said(from), / boot:refused bad .*be sharenfs bad \[BE_NOT_SHARED\]/)
    assert.equal(await boots(1), 'be/good/boot/loader.efi')
  })

  it('and the refused one boots as soon as that is possible', async () => {
    await cli.done('sharenfs', 'bad')
    assert.equal(await boots(2), 'be/bad/boot/loader.efi')
  })

  it('when a tree has no loader for the client', async () => {
    await cli.done('sharepxe', 'old', 'm2')
    const from = now()
    assert.equal(await boots(2), '')
    assert.match(said(from), / boot:refused old .*old has no boot\/loader\.efi.*\[BE_NO_LOADER\]/)
    assert.match(await cli.done('explain', 'm2', '--as', 'bios'), /file {4}be\/old\/boot\/pxeboot/)
  })

  it('when a tree is deleted', async () => {
    await cli.done('sharepxe', 'lost', 'm2')
    await cli.run(['rm', '-r', '/ROOT/lost'])
    const from = now()
    assert.equal(await boots(2), '')
    assert.match(said(from), / boot:refused .*no boot environment lost .*\[BE_UNKNOWN\]/)
    assert.equal(await boots(1), 'be/good/boot/loader.efi')
  })

  it('when a BE is destroyed that was assigned to a machine: it gets an address, but no boot file', async () => {
    await cli.done('sharepxe', 'bad', 'm2')
    await cli.done('destroy', '-F', 'bad')
    const from = now()
    assert.equal(await boots(2), '')
    assert.match(said(from), / m2 firmware boot:nothing .*no boot environment is assigned/)
  })

  it('when nfs-ganesha is killed: it starts it again, with the same handles', async () => {
    const handle = JSON.parse(await cli.done('sharenfs', 'good', '--json')).handle
    const from = now()
    const pid = readFileSync(join(cli.state, 'ganesha/ganesha.pid'), 'utf8').trim()
    await cli.run(['kill', '-KILL', pid])
    await service.transcript.waitFor(/ nfs:gone [\s\S]* nfs:serving /, 30_000)
    assert.match(said(from), / nfs:gone - level=warn /)
    assert.equal(await boots(1), 'be/good/boot/loader.efi')
    assert.match(await cli.done('emit', 'loader-env', 'good'), new RegExp(`X${handle}X`))
  })

  it('when rpcbind is killed: both are started again, since ganesha must register with the new one', async () => {
    const pid = readFileSync(join(cli.state, 'ganesha/rpcbind.pid'), 'utf8').trim()
    await cli.run(['kill', '-KILL', pid])
    await service.transcript.waitFor(/( nfs:gone [\s\S]* nfs:serving [\s\S]*){2}/, 30_000)
    assert.equal(await boots(1), 'be/good/boot/loader.efi')
  })

  it('when the NFS host is down at its start: boots are refused and commands fail, with the reason', async () => {
    await service.stop()
    await cli.run(['kill', '-KILL', readFileSync(join(cli.state, 'ganesha/rpcbind.pid'), 'utf8').trim()])
    cli.settings.NBE_NFS_DRIVER = 'none'
    service = await cli.serve()
    const from = now()
    assert.equal(await boots(1), '')
    assert.match(said(from), / boot:refused good .*\[BE_PORTMAP_DOWN\]/)
    await cli.fails('BE_PORTMAP_DOWN', 69, 'sharenfs', 'good')
    assert.equal(await boots(2), '')
  })
})
