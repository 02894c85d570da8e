/** Runs inside a lab of its own (test/support/netns.ts); prints one line of JSON. */
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { BeError } from '../../../src/errors/errors.ts'
import { startDaemon, stopDaemon } from '../../../src/host/daemon.ts'
import { localHost } from '../../../src/host/local.ts'
import { run } from '../../../src/host/run.ts'
import { nodeClock, nodeNetwork } from '../../../src/net/node.ts'
import { embeddedDriver } from '../../../src/nfs/drivers/embedded.ts'
import { fetchRoot } from '../../../src/nfs/fetch-root.ts'
import { type ShareContext, shareBes, unshareBes } from '../../../src/nfs/share.ts'
import type { Share } from '../../../src/nfs/share-list.ts'
import type { SessionEvent } from '../../../src/session/event.ts'
import { exportList, portmapDump } from '../../rpc/lists.ts'

const LAB = '10.9.0.1'
const [phase, dir] = process.argv.slice(2) as [string, string]

let list: readonly Share[] = []
const store = {
  all: () => [...list],
  put: (shares: readonly Share[]) => {
    store.remove(shares.map(({ be }) => be))
    list = [...list, ...shares]
  },
  remove: (bes: readonly string[]) => {
    list = list.filter(({ be }) => !bes.includes(be))
  },
}
const warnings: string[] = []
const events: SessionEvent[] = []
const driver = embeddedDriver({ clock: nodeClock, address: LAB })
const context: ShareContext = {
  ...{ driver, store, network: nodeNetwork, clock: nodeClock, server: LAB },
  host: localHost('linux'),
  warn: line => warnings.push(line),
}
const serveContext = {
  network: nodeNetwork,
  shares: () => list,
  isOurs: () => true,
  emit: (event: SessionEvent) => events.push(event),
}
const serve = () => driver.serve!(serveContext)
const rpc = { network: nodeNetwork, clock: nodeClock, localAddress: LAB }
const path = join(dir, 'ROOT/head')
const share = async (more: { be?: string; path?: string; maproot?: string } = {}) => {
  const wanted = { be: 'head', path, clients: ['10.9.0.1/32'], maproot: 'root', readOnly: true, ...more }
  return (await shareBes(context, [wanted]))![0]
}
const line = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'ok',
    error => (error instanceof BeError ? error.line : String(error.stack)),
  )
const fetched = (from = LAB) =>
  fetchRoot(nodeNetwork, { server: LAB, path, clock: nodeClock, localAddress: from })
const tool = (argv: string[]) => run(argv, { timeoutMs: 20_000 }).then(({ stdout }) => stdout)

async function withRpcbind<T>(work: () => Promise<T>): Promise<T> {
  const files = { logFile: join(dir, 'rpcbind.log'), pidFile: join(dir, 'rpcbind.pid') }
  await run(['mkdir', '-p', '/run/rpcbind'], { timeoutMs: 5000 })
  const { pid } = await startDaemon(['rpcbind', '-f'], files)
  while ((await line(portmapDump(rpc, LAB))) !== 'ok') await new Promise(done => setTimeout(done, 20))
  try {
    return await work()
  } finally {
    await stopDaemon(pid, files.pidFile, nodeClock)
  }
}

const phases: Record<string, () => Promise<unknown>> = {
  /** A share made before the server runs. */
  async before() {
    await mkdir(path, { recursive: true })
    const early = await share()
    const server = await serve()
    const root = await fetched()
    const other = await line(fetched('10.9.0.2'))
    const exported = await exportList(rpc, { address: LAB, port: 20048 }, 'udp')
    const world = await line(share({ be: 'odd', path: dir, maproot: 'toor' }))
    await unshareBes(context, ['head'])
    const gone = await line(fetched())
    const again = await share()
    await server.stop(1000)
    const handles = [early, root, again].map(one => one!.handle.toString('hex'))
    const stopped = await line(fetched())
    return { warnings, handles, root, other, exported, world, gone, stopped, shared: list.length }
  },
  /** Port 111 is taken by the host's rpcbind. */
  async rpcbind() {
    await mkdir(path, { recursive: true })
    return withRpcbind(async () => {
      const server = await serve()
      const { udp, tcp } = (await share())!
      const during = await portmapDump(rpc, LAB)
      await server.stop(1000)
      const after = await portmapDump(rpc, LAB)
      // Registrations left by a killed server are replaced.
      await serve()
      const second = await serve().catch(error => error.line)
      return { udp, tcp, during, after, second, events }
    })
  },
  async taken() {
    const other = createServer().listen(2049, LAB)
    await once(other, 'listening')
    const refused = await line(serve())
    other.close()
    await once(other, 'close')
    return { refused, after: await line(serve()) }
  },
  /** libnfs, an independent client. */
  async libnfs() {
    await mkdir(join(path, 'etc'), { recursive: true })
    await writeFile(join(path, 'motd'), 'welcome\n'.repeat(20_000))
    await run(['ln', '-s', '../motd', join(path, 'etc/link')], { timeoutMs: 5000 })
    const server = await serve()
    await share()
    const url = `nfs://${LAB}${path}`
    const options = '?version=3'
    const result = {
      list: await tool(['nfs-ls', '-R', url + options]),
      same: (await tool(['nfs-cat', `${url}/motd${options}`])) === 'welcome\n'.repeat(20_000).trimEnd(),
      copied: await line(tool(['nfs-cp', `${url}/motd${options}`, join(dir, 'copy')])),
      written: await tool(['nfs-cp', join(dir, 'copy'), `${url}/new${options}`]).catch(
        error => error.cause.stderr,
      ),
    }
    await server.stop(1000)
    return result
  },
}

console.log(JSON.stringify(await phases[phase]!()))
process.exit()
