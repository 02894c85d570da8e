import { nodeNetwork } from '../../src/net/node.ts'
import { encodeCall } from '../../src/rpc/client/message.ts'
import { encodePath } from '../../src/rpc/mount.ts'
import { MOUNT, NFS, type Program } from '../../src/rpc/programs.ts'
import { encodeRecord, RecordReader } from '../../src/rpc/record.ts'
import { XdrReader, XdrWriter } from '../../src/rpc/xdr.ts'
import { readList } from '../../test/rpc/lists.ts'
import { TESTBED } from '../testbed.ts'

/**
 * A program: one client of the NFS server in the testbed; prints the seconds that it took. `read FILE TIMES`: the whole
 * file by TCP, like Linux' kernel; `loader FILE`: like FreeBSD's loader; `walk DIR`: READDIRPLUS, and LOOKUP and GETATTR
 * of each name.
 */
const [path, what, name = '', times = '1'] = process.argv.slice(2) as [string, string, string?, string?]

const MOUNT_PORT = 20048
const NFS_PORT = 2049
/** Linux reads ahead in calls of this size, two at a time. */
const READ = 128 << 10
const IN_FLIGHT = 2
const LOADER_READ = 1024
const PAGE = 32 << 10
const PROC = { GETATTR: 1, LOOKUP: 3, READ: 6, READDIRPLUS: 17 } as const
const ATTRIBUTES = 84

/** RPC calls over one connection or socket; the answers may come in any order. */
class Calls {
  readonly #waiting = new Map<number, (results: XdrReader) => void>()
  #send: (message: Buffer) => void = () => {}
  #xid = 1

  static async tcp(port: number): Promise<Calls> {
    const calls = new Calls()
    const to = { address: TESTBED.server, port }
    const connection = await nodeNetwork.tcp({ to, localAddress: TESTBED.client })
    const records = new RecordReader(4 << 20)
    connection.onData(data => {
      for (const message of records.push(data)) calls.#answered(message)
    })
    calls.#send = message => connection.write(encodeRecord(message))
    return calls
  }

  static async udp(port: number): Promise<Calls> {
    const calls = new Calls()
    const connect = { address: TESTBED.server, port }
    const socket = await nodeNetwork.udp({ address: TESTBED.client, port: 0, connect })
    socket.onMessage(message => calls.#answered(message))
    calls.#send = message => socket.send(message)
    return calls
  }

  /** Resolves with the results after the status, which has to be 0. */
  async call(program: Program, procedure: number, args: Uint8Array): Promise<XdrReader> {
    const xid = this.#xid++
    const { number, version } = program
    const call = { xid, program: number, version, procedure, credential: 'root' as const, args }
    const results = await new Promise<XdrReader>(resolve => {
      this.#waiting.set(xid, resolve)
      this.#send(encodeCall(call))
    })
    const status = results.uint32()
    if (status !== 0) throw new Error(`procedure ${procedure}: status ${status}`)
    return results
  }

  #answered(message: Buffer): void {
    const reader = new XdrReader(message)
    const xid = reader.uint32()
    reader.fixed(20) // reply, accepted, no verifier, success
    this.#waiting.get(xid)?.(reader)
    this.#waiting.delete(xid)
  }
}

const skipAttributes = (results: XdrReader): void => {
  if (results.bool()) results.fixed(ATTRIBUTES)
}

async function lookup(calls: Calls, dir: Buffer, file: string): Promise<Buffer> {
  const args = new XdrWriter().opaque(dir).string(file).bytes()
  return (await calls.call(NFS, PROC.LOOKUP, args)).opaque(64)
}

/** The number of bytes read, and whether they end the file. */
async function read(calls: Calls, handle: Buffer, offset: number, count: number) {
  const args = new XdrWriter().opaque(handle).uint64(offset).uint32(count).bytes()
  const results = await calls.call(NFS, PROC.READ, args)
  skipAttributes(results)
  return { length: results.uint32(), end: results.bool() }
}

async function readAll(calls: Calls, handle: Buffer): Promise<void> {
  let next = 0
  let ended = false
  const reader = async () => {
    while (!ended) {
      const offset = next
      next += READ
      const { length, end } = await read(calls, handle, offset, READ)
      if (end) ended = true
      else if (length !== READ) throw new Error(`${length} bytes of ${READ}`)
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, reader))
}

async function readAsLoader(calls: Calls, handle: Buffer): Promise<void> {
  for (let offset = 0; ; offset += LOADER_READ) {
    if ((await read(calls, handle, offset, LOADER_READ)).end) return
  }
}

interface Entry {
  name: string
  cookie: number
  directory: boolean
}

async function list(calls: Calls, dir: Buffer): Promise<Entry[]> {
  const all: Entry[] = []
  for (let cookie = 0; ; cookie = all.at(-1)!.cookie) {
    const args = new XdrWriter().opaque(dir).uint64(cookie).uint64(0).uint32(PAGE).uint32(PAGE).bytes()
    const results = await calls.call(NFS, PROC.READDIRPLUS, args)
    skipAttributes(results)
    results.fixed(8)
    all.push(...readList(results, readEntry))
    if (results.bool()) return all.filter(({ name }) => name !== '.' && name !== '..')
  }
}

function readEntry(results: XdrReader): Entry {
  results.uint64()
  const name = results.string(255)
  const cookie = results.uint64()
  const directory = results.bool() && results.fixed(ATTRIBUTES).readUInt32BE() === 2
  if (results.bool()) results.opaque(64)
  return { name, cookie, directory }
}

/** Resolves with the number of names. */
async function walk(calls: Calls, dir: Buffer): Promise<number> {
  let names = 0
  for (const { name, directory } of await list(calls, dir)) {
    const handle = await lookup(calls, dir, name)
    await calls.call(NFS, PROC.GETATTR, new XdrWriter().opaque(handle).bytes())
    names += 1 + (directory ? await walk(calls, handle) : 0)
  }
  return names
}

const mounts = await Calls.tcp(MOUNT_PORT)
const root = (await mounts.call(MOUNT, 1, encodePath(path))).opaque(64)
const calls = what === 'loader' ? await Calls.udp(NFS_PORT) : await Calls.tcp(NFS_PORT)
const began = performance.now()
if (what === 'walk') await walk(calls, await lookup(calls, root, name))
else {
  const handle = await lookup(calls, root, name)
  for (let time = 0; time < Number(times); time++) {
    await (what === 'loader' ? readAsLoader(calls, handle) : readAll(calls, handle))
  }
}
process.stdout.write(String((performance.now() - began) / 1000), () => process.exit())
