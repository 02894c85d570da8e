/** Runs inside a lab of its own (test/support/netns.ts); prints one line of JSON. */
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { handleText } from '../../../src/boot/variables/variable.ts'
import { BeError } from '../../../src/errors/errors.ts'
import { localHost } from '../../../src/host/local.ts'
import { nodeClock, nodeNetwork } from '../../../src/net/node.ts'
import { ganeshaDriver } from '../../../src/nfs/drivers/ganesha.ts'
import { fetchRoot } from '../../../src/nfs/fetch-root.ts'
import { type ShareContext, type ShareStore, shareBes, unshareBes } from '../../../src/nfs/share.ts'
import type { Share, ShareRequest } from '../../../src/nfs/share-list.ts'
import { mnt } from '../../../src/rpc/client/mount.ts'
import { portmapNull } from '../../../src/rpc/client/portmap.ts'
import { MOUNT } from '../../../src/rpc/programs.ts'
import { exportList, portmapDump } from '../../rpc/lists.ts'
import { until } from '../../support/until.ts'

const LAB = '10.9.0.1'
const [phase, dir] = process.argv.slice(2) as [string, string]
const sharesFile = join(dir, 'shares.json')

/** Shares in a file, as each phase is a process of its own. */
const list: Share[] = JSON.parse(await readFile(sharesFile, 'utf8').catch(() => '[]'))
const store: ShareStore = {
  all: () => [...list],
  put: shares => {
    store.remove(shares.map(({ be }) => be))
    list.push(...shares)
  },
  remove: bes => {
    const kept = list.filter(({ be }) => !bes.includes(be))
    list.splice(0, list.length, ...kept)
  },
}
const driver = ganeshaDriver({
  network: nodeNetwork,
  clock: nodeClock,
  address: LAB,
  stateDir: join(dir, 'state'),
  exportsDir: join(dir, 'exports.d'),
  host: localHost('linux'),
})
const context: ShareContext = {
  driver,
  store,
  host: localHost('linux'),
  network: nodeNetwork,
  clock: nodeClock,
  server: LAB,
}
/** The states of a process's threads (proc(5), /proc/PID/stat): T is stopped. */
const threadStates = (pid: number): string[] =>
  readdirSync(`/proc/${pid}/task`).map(
    thread => readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8').match(/.*\) (.)/)![1]!,
  )
const pathOf = (be: string): string => join(dir, 'ROOT', be)
const share = async (be: string, more: Partial<ShareRequest> = {}) => {
  const rights = { clients: ['10.9.0.1/32'], maproot: 'root', readOnly: false }
  return (await shareBes(context, [{ be, path: pathOf(be), ...rights, ...more }]))?.[0]
}
const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'ok',
    error => (error instanceof BeError ? error.line : String(error.stack)),
  )
const rpc = { network: nodeNetwork, clock: nodeClock, localAddress: LAB }
const rawMnt = async (be: string, from = LAB): Promise<string> => {
  const context = { ...rpc, localAddress: from }
  const { handle } = await mnt(context, { at: { address: LAB, port: 20048 }, transport: 'tcp' }, pathOf(be))
  return handle.toString('hex')
}

const phases: Record<string, () => Promise<unknown>> = {
  /** Share one, then another, then fail to share a third. */
  async share() {
    for (const be of ['head', 'bd/be/test', 'gone']) await mkdir(pathOf(be), { recursive: true })
    await driver.check()
    const first = await share('head')
    const pid = await driver.server.pid()
    const second = await share('bd/be/test', { readOnly: true })
    const other = await codeOf(rawMnt('head', '10.9.0.2'))
    const refused = await codeOf(share('elsewhere', { path: pathOf('gone'), clients: ['10.9.7.0/24'] }))
    return {
      first: { ...first, nfshandle: handleText(first!.handle), handle: undefined },
      raw: [await rawMnt('head'), await rawMnt('bd/be/test')],
      handles: [first!.handle.toString('hex'), second!.handle.toString('hex')],
      pids: [pid, await driver.server.pid()],
      other,
      refused,
      files: await readdir(join(dir, 'exports.d')),
      shared: store.all().map(({ be }) => be),
      registered: (await portmapDump(rpc, LAB)).filter(({ program }) => program === MOUNT.number),
    }
  },
  /** Port 2049 is taken by another program. */
  async taken() {
    await mkdir(pathOf('head'), { recursive: true })
    const other = createServer().listen(2049, LAB)
    await once(other, 'listening')
    const refused = await codeOf(share('head'))
    const portmapper = await codeOf(portmapNull(rpc, LAB))
    other.close()
    const empty = await codeOf(driver.start!([]))
    return {
      refused,
      portmapper,
      files: await readdir(join(dir, 'exports.d')),
      pid: (await driver.server.pid()) ?? 'none',
      empty,
    }
  },
  /** In a new process: unshare; then one BE's directory is removed. */
  async unshare() {
    const before = await rawMnt('head')
    await writeFile(join(dir, 'exports.d', 'admin.ganesha.conf'), '# mine\n')
    await unshareBes(context, ['bd/be/test'])
    const again = await codeOf(unshareBes(context, ['bd/be/test']))
    const refused = await codeOf(rawMnt('bd/be/test'))
    const exported = await exportList(rpc, { address: LAB, port: 20048 }, 'udp')
    const shared = await share('bd/be/test')
    await rm(pathOf('bd/be/test'), { recursive: true })
    const beside = await codeOf(share('gone'))
    return {
      pid: await driver.server.pid(),
      same: before === (await rawMnt('head')),
      again,
      refused,
      exported,
      handle: shared!.handle.toString('hex'),
      beside,
      files: await readdir(join(dir, 'exports.d')),
    }
  },
  /** A killed server is started again with everything that was shared. */
  async revive() {
    const handle = await rawMnt('head')
    process.kill((await driver.server.pid())!, 'SIGKILL')
    await until(async () => (await driver.server.pid()) === undefined)
    const dead = await codeOf(
      fetchRoot(nodeNetwork, { server: LAB, path: pathOf('head'), clock: nodeClock, localAddress: LAB }),
    )
    await driver.start!(store.all())
    const same = handle === (await rawMnt('head'))
    const hung = (await driver.server.pid())!
    const running = [await driver.running!()]
    process.kill(hung, 'SIGSTOP')
    await until(() => threadStates(hung).every(state => state === 'T'))
    running.push(await driver.running!())
    await driver.start!(store.all())
    running.push(await driver.running!(), hung !== (await driver.server.pid()))
    const vanished = store.all().find(({ be }) => be === 'bd/be/test')!
    const complaint = await driver.refusalReason!(vanished)
    await mkdir(pathOf('fresh'))
    const beside = await codeOf(share('fresh'))
    await driver.stop!()
    const stopped = await codeOf(
      fetchRoot(nodeNetwork, { server: LAB, path: pathOf('head'), clock: nodeClock, localAddress: LAB }),
    )
    return { dead, same, running, complaint, beside, stopped, pid: (await driver.server.pid()) ?? 'none' }
  },
}

const result = await phases[phase]!()
await writeFile(sharesFile, JSON.stringify(list))
console.log(JSON.stringify(result))
