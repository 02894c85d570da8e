import { type DhcpMessage, decode, encode, option } from '../../src/dhcp/message.ts'
import type { DhcpOption } from '../../src/dhcp/options/codes.ts'
import type { SimHost } from '../../src/net/sim/host.ts'
import type { SimNetwork } from '../../src/net/sim/network.ts'
import { mnt } from '../../src/rpc/client/mount.ts'
import { getPort } from '../../src/rpc/client/portmap.ts'
import { MOUNT } from '../../src/rpc/programs.ts'
import { get, TftpClientError } from '../tftp/client.ts'

/** The firmware, loaders and kernels of the captures: their requests, and what they do with the replies. */

export type Variables = Map<string, string>
export interface Program {
  name: string
  options: DhcpOption[]
  /** A fixed xid, as FreeBSD's loaders have. */
  xid?: number
}

const text = (code: number, value: string): DhcpOption => [code, Buffer.from(value, 'latin1')]
const arch = (type: number): DhcpOption => [93, Buffer.from([0, type])]
const asks = (...codes: number[]): DhcpOption => [55, Buffer.from(codes)]
const UUID: DhcpOption = [97, Buffer.from('0000112233445566778899aabbccddeeff', 'hex')]
const SIZE: DhcpOption = [57, Buffer.from([0x05, 0xc0])]

export const OVMF: Program = {
  name: 'OVMF',
  options: [
    SIZE,
    asks(1, 2, 3, 4, 5, 6, 12, 13, 15, 17),
    UUID,
    arch(7),
    text(60, 'PXEClient:Arch:00007:UNDI:003000'),
  ],
}
export const OVMF_HTTP: Program = {
  name: 'OVMF HTTP',
  options: [SIZE, asks(1, 2, 3, 67, 97), UUID, arch(16), text(60, 'HTTPClient:Arch:00016:UNDI:003000')],
}
export const IPXE_BIOS: Program = {
  name: 'iPXE ROM',
  options: [
    SIZE,
    arch(0),
    text(60, 'PXEClient:Arch:00000:UNDI:002001'),
    text(77, 'iPXE'),
    asks(1, 3, 6, 17, 175),
    UUID,
  ],
}
export const IPXE_EFI: Program = {
  name: 'iPXE EFI',
  options: [
    SIZE,
    arch(7),
    text(60, 'PXEClient:Arch:00007:UNDI:003010'),
    text(77, 'iPXE'),
    asks(1, 3, 6, 17, 175),
    UUID,
  ],
}
/** The EEPROM of a Raspberry Pi 4, as dnsmasq logs it. */
export const RASPBERRY_PI: Program = {
  name: 'Raspberry Pi 4',
  options: [
    asks(1, 3, 43, 60, 66, 67, 128, 129, 130, 131, 132, 133, 134, 135),
    arch(0),
    [94, Buffer.from([1, 2, 1])],
    [97, Buffer.from('00346950521431d000010902f73df0cd91', 'hex')],
    text(60, 'PXEClient:Arch:00000:UNDI:002001'),
  ],
}
export const PXEBOOT_10: Program = { name: 'pxeboot 10.1', options: [text(60, 'PXEClient')] }
export const LOADER_EFI_10: Program = { name: 'loader.efi 10.1', options: [], xid: 1 }
export const LOADER: Program = {
  name: 'loader',
  options: [text(60, 'PXEClient'), text(77, '\x07FreeBSD'), asks(17, 12, 16, 3, 1, 26, 54)],
  xid: 1,
}

/** One simulated machine; its address is that of its last ACK. */
export class SimMachine {
  readonly host: SimHost
  readonly mac: string
  #xid = 0x1000

  constructor(net: SimNetwork, mac: string, address = '0.0.0.0') {
    this.host = net.host(address)
    this.mac = mac
  }

  /** DISCOVER to ACK with this program's options; resolves with the ACK. Fails when OFFER and ACK differ. */
  async dhcp(program: Program): Promise<DhcpMessage> {
    const offer = await this.#ask(program, 1, [])
    if (offer.yiaddr === '0.0.0.0') throw new Error(`${program.name} was sent a proxy offer`)
    const requested: DhcpOption = [50, Buffer.from(offer.yiaddr.split('.').map(Number))]
    const ack = await this.#ask(program, 3, [requested, [54, option(offer, 54)!]])
    const plain = (message: DhcpMessage) => JSON.stringify(message.options.filter(([code]) => code !== 53))
    if (plain(offer) !== plain(ack) || offer.file !== ack.file) throw new Error('OFFER and ACK differ')
    this.host.address = ack.yiaddr
    return ack
  }

  /** The proxy's offer to a machine whose address is another server's. */
  proxyOffer(program: Program): Promise<DhcpMessage> {
    return this.#ask(program, 1, [])
  }

  /** Broadcasts the REQUEST for the address that another server offered; a proxy receives it too. */
  async takes(program: Program, server: string): Promise<void> {
    const quad = (address: string) => Buffer.from(address.split('.').map(Number))
    const socket = await this.host.udp({ address: '0.0.0.0', port: 68, broadcast: true })
    const options: DhcpOption[] = [
      [53, Buffer.from([3])],
      ...program.options,
      [54, quad(server)],
      [50, quad(this.host.address)],
    ]
    socket.send(encode({ ...BLANK, xid: this.#xid++, chaddr: bytes(this.mac), options }), {
      address: '255.255.255.255',
      port: 67,
    })
    socket.close()
  }

  async #ask(program: Program, type: number, more: DhcpOption[]): Promise<DhcpMessage> {
    const xid = program.xid ?? this.#xid++
    const socket = await this.host.udp({ address: '0.0.0.0', port: 68, broadcast: true })
    try {
      const answer = new Promise<DhcpMessage>(resolve => {
        socket.onMessage(data => {
          const message = decode(data)
          if (message.op === 2 && message.xid === xid && hex(message.chaddr) === this.mac) resolve(message)
        })
      })
      const packet = encode({
        ...BLANK,
        xid,
        chaddr: bytes(this.mac),
        options: [[53, Buffer.from([type])], ...program.options, ...more],
      })
      socket.send(packet, { address: '255.255.255.255', port: 67 })
      return await answer
    } finally {
      socket.close()
    }
  }

  /** A file by TFTP as OVMF fetches it: a size probe, then with a window of four. */
  async ovmfFetch(server: string, file: string): Promise<Buffer> {
    const options = { tsize: '0', blksize: '1468', windowsize: '4' }
    await this.#tftp(server, file, options, { code: 8, message: 'User aborted the transfer' })
    return this.#tftp(server, file, { blksize: '1468', windowsize: '4' })
  }

  /** As FreeBSD's loader does; undefined when there is no such file. */
  async loaderFetch(server: string, file: string): Promise<Buffer | undefined> {
    try {
      return await this.#tftp(server, file, { blksize: '1428', tsize: '0' })
    } catch (error) {
      if (error instanceof TftpClientError && error.code === 1) return undefined
      throw error
    }
  }

  /** As iPXE does. */
  ipxeFetch(server: string, file: string): Promise<Buffer> {
    return this.#tftp(server, file, { blksize: '1432', tsize: '0' })
  }

  async #tftp(
    server: string,
    file: string,
    options: Record<string, string>,
    probe?: { code: number; message: string },
  ): Promise<Buffer> {
    const { host } = this
    const to = { address: server, port: 69 }
    const got = await get({
      network: host,
      clock: host.clock,
      server: to,
      address: host.address,
      file,
      options: Object.entries(options),
      ...(probe && { probe }),
    })
    return got.bytes
  }

  async fetch(url: string): Promise<Buffer | undefined> {
    const { status, bytes } = await this.host.fetch(url)
    return status === 200 ? bytes : undefined
  }

  /** MOUNT as a loader (UDP) or a Linux kernel (TCP) does it; the handle. */
  async mount(server: string, path: string, transport: 'udp' | 'tcp'): Promise<Buffer> {
    const context = {
      network: this.host,
      clock: this.host.clock,
      localAddress: this.host.address,
      timeoutMs: 3000,
    }
    const port = await getPort(context, server, MOUNT, transport, transport)
    return (await mnt(context, { at: { address: server, port }, transport }, path)).handle
  }
}

/**
 * What the loader reads in its ACK (stand/libsa/bootp.c, stand/common/dev_net.c): the variables of options 246 to
 * 254, and its root. Throws on a reply that the loader would misread.
 */
export function readAck(ack: DhcpMessage): { variables: Variables; rootPath: string } {
  const variables: Variables = new Map()
  const set = (pair: string) =>
    variables.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1))
  let size = 4 + 1
  for (const [code, value] of ack.options) {
    size += 2 + value.length
    if (code >= 246 && code <= 249) for (const pair of value.toString('latin1').split(';')) set(pair)
    if (code >= 250 && code <= 254) set(value.toString('latin1'))
  }
  if (size > 312) throw new Error(`the loader would cut ${size} bytes of options`)
  const rootPath = option(ack, 17)?.toString('latin1') ?? ''
  if (rootPath.length > 127) throw new Error('the loader would cut root-path')
  return { variables, rootPath }
}

/**
 * FreeBSD's loader from its DHCP exchange to the kernel's environment, by NFS or TFTP as root-path says. Old ones
 * accept `ip:/path` only.
 */
export async function freebsdLoader(machine: SimMachine, program: Program): Promise<Variables> {
  const ack = await machine.dhcp(program)
  const { variables, rootPath } = readAck(ack)
  const netmask = option(ack, 1)!.join('.')
  variables
    .set('boot.netif.ip', ack.yiaddr)
    .set('boot.netif.netmask', netmask)
    .set('boot.netif.hwaddr', machine.mac)
  return loadKernel(machine, rootPath, variables)
}

/** The same, with network and root as arguments and no DHCP. */
export function freebsdLoaderWithArguments(machine: SimMachine, args: string[]): Promise<Variables> {
  const variables: Variables = new Map(
    args.map(pair => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  )
  for (const needed of ['ipaddr', 'netmask', 'gatewayip', 'serverip', 'rootpath']) {
    if (!variables.has(needed)) throw new Error(`the loader would use DHCP: no ${needed}`)
  }
  variables.set('boot.netif.ip', variables.get('ipaddr')!)
  variables.set('boot.netif.netmask', variables.get('netmask')!)
  variables.set('boot.netif.hwaddr', machine.mac)
  return loadKernel(machine, variables.get('rootpath')!, variables)
}

async function loadKernel(machine: SimMachine, rootPath: string, variables: Variables): Promise<Variables> {
  const tftp = /^tftp:\/\/([\d.]+)(\/.*)$/.exec(rootPath)
  if (tftp !== null) {
    const kernel = await machine.loaderFetch(tftp[1]!, `${tftp[2]}/boot/kernel/kernel`)
    if (kernel === undefined) throw new Error("can't load 'kernel'")
    return variables
  }
  const [, server, path] = /^([\d.]+):(\/.*)$/.exec(rootPath) ?? []
  if (server === undefined || path === undefined)
    throw new Error(`the loader cannot read root-path ${rootPath}`)
  const handle = await machine.mount(server, path, 'udp')
  return variables
    .set('boot.nfsroot.server', server)
    .set('boot.nfsroot.path', path)
    .set('boot.nfsroot.nfshandle', `X${handle.toString('hex')}X`)
    .set('boot.nfsroot.nfshandlelen', String(handle.length))
}

/** The kernel's checks (sys/nfs/nfs_diskless.c); returns the root handle that it would mount. */
export function freebsdKernel(variables: Variables): { handle: Buffer; server: string } {
  for (const name of ['boot.netif.ip', 'boot.netif.netmask', 'boot.netif.hwaddr', 'boot.nfsroot.server']) {
    if (!variables.has(name)) throw new Error(`nfs_diskless: no ${name}`)
  }
  const hexText = /^X((?:[0-9a-f]{2})+)X$/.exec(variables.get('boot.nfsroot.nfshandle') ?? '')
  if (hexText === null) throw new Error('nfs_diskless: no NFS handle')
  const handle = Buffer.from(hexText[1]!, 'hex')
  if (Number(variables.get('boot.nfsroot.nfshandlelen')) !== handle.length || handle.length > 64) {
    throw new Error('nfs_diskless: bad NFS handle len')
  }
  return { handle, server: variables.get('boot.nfsroot.server')! }
}

/** The words after `kernel` in an iPXE script, with iPXE's settings substituted. */
export function ipxeKernelLine(script: string, machine: SimMachine): string[] {
  if (!script.startsWith('#!ipxe\n')) throw new Error('not an iPXE script')
  const settings: Record<string, string> = {
    'netX/ip': machine.host.address,
    'netX/netmask': '255.255.255.0',
    'netX/gateway': '',
    'netX/mac:hexhyp': machine.mac.replaceAll(':', '-'),
  }
  const line = script.split('\n').find(candidate => candidate.startsWith('kernel '))!
  return line
    .replace(/\$\{([^}]+)\}/g, (_, name: string) => settings[name] ?? '')
    .split(' ')
    .slice(1)
}

/** loader.conf(5) lines. */
export const readConf = (conf: string): Variables =>
  new Map([...conf.matchAll(/^([\w.]+)="(.*)"$/gm)].map(([, name, value]) => [name!, value!]))

const bytes = (mac: string): Buffer => Buffer.from(mac.replaceAll(':', ''), 'hex')
const hex = (chaddr: Buffer): string => chaddr.toString('hex').match(/../g)!.join(':')

const BLANK: Omit<DhcpMessage, 'xid' | 'chaddr' | 'options'> = {
  op: 1,
  htype: 1,
  hops: 0,
  secs: 0,
  flags: 0,
  ciaddr: '0.0.0.0',
  yiaddr: '0.0.0.0',
  siaddr: '0.0.0.0',
  giaddr: '0.0.0.0',
  sname: '',
  file: '',
}

/** An installed or running system, with the options of dhclient(8). */
export const INSTALLED: Program = {
  name: 'dhclient',
  options: [asks(1, 28, 3, 15, 6, 12), text(12, 'amnesiac')],
}

/** The report of nbe-up that the system is up, with the URL and token of its boot; `beats`: it will stay and report. */
export async function reportUp(
  machine: SimMachine,
  callBack: { url: string; session: string },
  beats = false,
): Promise<{ status: number; text: string }> {
  const hexed = (words: string) => Buffer.from(words).toString('hex')
  const query = `uname=${hexed('FreeBSD m1 14.0')}&root=${hexed('192.168.77.1:/ROOT/x nfs')}`
  const url = `${callBack.url}/${callBack.session}/up?${query}${beats ? '&beats=1' : ''}`
  const { status, bytes } = await machine.host.fetch(url)
  return { status, text: String(bytes) }
}

/** `nbe.url` and `nbe.session` of a kernel's environment. */
export function callBackOf(variables: Variables): { url: string; session: string } {
  return { url: variables.get('nbe.url') ?? '', session: variables.get('nbe.session') ?? '' }
}
