import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BootEnvironment } from '../../src/be/be.ts'
import type { DhcpRequestFields } from '../../src/boot/dhcp.ts'
import { load } from '../../src/config/load.ts'
import { BeError } from '../../src/errors/errors.ts'
import { Planner, type PlannerSources } from '../../src/lab/planner.ts'
import type { NfsRoot } from '../../src/nfs/root.ts'
import { temporaryDirectory } from '../support/temporary.ts'

const SERVER = '192.168.77.1'
const MAC = '52:54:00:00:00:01'
const OVMF: DhcpRequestFields = {
  mac: MAC,
  xid: 7,
  vendorClass: 'PXEClient:Arch:00007:UNDI:003000',
  archType: 7,
}
const LOADER: DhcpRequestFields = {
  mac: MAC,
  xid: 1,
  vendorClass: 'PXEClient',
  userClass: Buffer.from('\x07FreeBSD'),
}

describe('lab/planner', () => {
  const tmp = temporaryDirectory()
  let now: number
  let timers: { ms: number; run(): void }[]
  let asked: string[]
  let answer: (root: NfsRoot | Error) => void
  let answering: Promise<NfsRoot>
  let sources: PlannerSources
  let be: BootEnvironment

  beforeEach(() => {
    now = 0
    timers = []
    asked = []
    be = {
      name: 'fb14',
      path: tmp.path,
      kind: 'freebsd',
      arch: 'amd64',
      boots: { loaderEfi: 'boot/loader.efi', kernel: 'boot/kernel/kernel' },
    }
    answering = new Promise((done, failed) => {
      answer = root => (root instanceof Error ? failed(root) : done(root))
    })
    answering.catch(() => {})
    const { settings } = load({ flags: { 'dhcp.mode': 'authority' } })
    sources = {
      settings,
      lab: () => ({
        server: SERVER,
        netmask: '255.255.255.0',
        broadcast: '192.168.77.255',
        dns: [],
        httpPort: 80,
      }),
      clock: {
        now: () => now,
        monotonic: () => now,
        timer(ms, run) {
          const timer = { ms, run }
          timers.push(timer)
          return { cancel: () => void timers.splice(timers.indexOf(timer), 1) }
        },
      },
      store: { get: async () => be },
      machine: () => ({ name: 'm1', mac: MAC }),
      assignment: () => ({ be: 'fb14', rule: 'machine' }),
      share: () => ({ be: 'fb14', path: tmp.path, clients: [], readOnly: true, id: 1 }),
      fetchRoot(path) {
        asked.push(path)
        return answering
      },
      ipxe: async () => ({}),
      shim: async () => ({}),
    }
  })

  const ROOT = (): NfsRoot => ({
    server: SERVER,
    path: tmp.path,
    handle: Buffer.from('ab'),
    udp: true,
    tcp: true,
  })
  const turn = (): Promise<void> => new Promise(setImmediate)

  it('sends one request to mountd for 300 machines that are switched on together', async () => {
    const planner = new Planner(sources)
    const macs = Array.from(
      { length: 300 },
      (_, n) =>
        `52:54:00:00:${(n >> 8).toString(16).padStart(2, '0')}:${(n & 255).toString(16).padStart(2, '0')}`,
    )
    const plans = Promise.all(macs.map(mac => planner.answer({ ...OVMF, mac }, undefined)))
    await turn()
    answer(ROOT())
    for (const plan of await plans) assert.equal(plan.reply?.file, 'be/fb14/boot/loader.efi')
    assert.deepEqual(asked, [tmp.path])
    now = 60_000
    await planner.answer(OVMF, undefined)
    assert.equal(asked.length, 2, 'a later boot asks again: handles change without notice')
  })

  it('replies without a boot file while the NFS host does not answer, before firmware repeats its request', async () => {
    const planner = new Planner(sources)
    const waiting = planner.answer(OVMF, '192.168.77.50')
    while (timers.length === 0) await turn()
    assert.ok(timers[0]!.ms < 4000, 'firmware repeats its DISCOVER after 4 s')
    timers[0]!.run()
    const { refusal, reply, be: name } = await waiting
    assert.deepEqual(
      [refusal?.code, name, reply?.file, reply?.refused],
      ['BE_HOST_SLOW', 'fb14', undefined, true],
    )
    const next = planner.answer(OVMF, '192.168.77.50')
    await turn()
    answer(ROOT())
    assert.equal((await next).reply?.file, 'be/fb14/boot/loader.efi', 'the late answer serves the second try')
    assert.equal(asked.length, 1)
  })

  it('serves the trees of shared boot environments only', async () => {
    assert.equal(await new Planner(sources).pathOf('fb14'), tmp.path)
    assert.equal(await new Planner({ ...sources, share: () => undefined }).pathOf('fb14'), undefined)
  })

  it('leaves no timer when the NFS host has answered or failed', async () => {
    const planner = new Planner(sources)
    const waiting = planner.answer(OVMF, undefined)
    while (timers.length === 0) await turn()
    answer(new BeError('BE_MOUNTD_DOWN', 'no mountd', { hint: 'start it' }))
    assert.equal((await waiting).refusal?.code, 'BE_MOUNTD_DOWN')
    await turn()
    assert.equal(timers.length, 0)
  })

  it('completes the request of a loader by that of its firmware, and finds the client by address', async () => {
    answer(ROOT())
    const planner = new Planner(sources)
    await planner.answer(OVMF, '192.168.77.50')
    const { client } = await planner.answer(LOADER, '192.168.77.50')
    assert.deepEqual([client.stage, client.firmware, client.arch], ['loader', 'uefi', 'amd64'])
    assert.equal(planner.clientOf('192.168.77.50')?.mac, MAC)
    assert.equal(planner.clientOf('192.168.77.51'), undefined)
  })

  it('finds an iPXE binary that is installed while the service runs', async () => {
    answer(ROOT())
    sources.settings['boot.handoff'] = 'arguments'
    const planner = new Planner(sources)
    assert.equal((await planner.answer(OVMF, undefined)).refusal?.code, 'BE_NO_IPXE')
    sources.ipxe = async () => ({ amd64: 'snponly.efi' })
    now = 4000
    assert.equal((await planner.answer(OVMF, undefined)).reply?.file, 'snponly.efi')
  })

  it('appends our loader variables to the boot environment’s own loader.conf.local', async () => {
    answer(ROOT())
    mkdirSync(join(tmp.path, 'boot'))
    writeFileSync(join(tmp.path, 'boot/loader.conf.local'), 'own="1"')
    const planner = new Planner(sources)
    await planner.answer(
      { ...OVMF, vendorClass: 'HTTPClient:Arch:00016:UNDI:003000', archType: 16 },
      '192.168.77.50',
    )
    const text = String(await planner.file(MAC, 'boot/loader.conf.local', '192.168.77.50'))
    assert.match(text, /^own="1"\n[\s\S]*^boot\.nfsroot\.nfshandle="X6162X"$/m)
    assert.equal(
      await planner.file(MAC, 'boot/loader.conf', '192.168.77.50'),
      undefined,
      'not a virtual file',
    )
  })

  it('sends no request to the NFS host for a running system', async () => {
    const { reply } = await new Planner(sources).answer(
      { mac: MAC, xid: 9, parameterList: [1, 3] },
      undefined,
    )
    assert.deepEqual([asked, reply?.file], [[], undefined])
  })
})
