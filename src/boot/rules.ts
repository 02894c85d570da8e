import { missingToBoot } from '../be/missing.ts'
import { BeError } from '../errors/errors.ts'
import { notShared } from '../nfs/share-list.ts'
import { callBack } from './call-back.ts'
import { loaderConf, variableOptions } from './environment.ts'
import { chooseHandoff } from './handoff.ts'
import { needed } from './option-room.ts'
import { isFor } from './option-set.ts'
import { bePath, loaderFile, machinePath, loaderVariables as variablesFor } from './parts.ts'
import type { Draft, PlanInput } from './plan.ts'
import { proxyVendorOptions } from './pxe.ts'
import { ipxeScript, kernelVariables } from './texts.ts'

/** One link of the chain: it adds to the draft, stops the chain, or throws a BeError that refuses the boot. */
interface Rule {
  name: string
  apply(input: PlanInput, draft: Draft): 'stop' | undefined
}

/** The order matters: each rule may rely on what those before it settled. */
export const RULES: readonly Rule[] = [
  { name: 'network', apply: network },
  { name: 'own-options', apply: ownOptions },
  { name: 'installed-os', apply: installedOs },
  { name: 'assignment', apply: assignment },
  { name: 'bootable', apply: bootable },
  { name: 'handoff', apply: handoff },
  { name: 'boot-file', apply: bootFile },
  { name: 'texts', apply: texts },
  { name: 'http-client', apply: httpClient },
  { name: 'ipxe-no-proxy', apply: ipxeNoProxy },
  { name: 'proxy-offer', apply: proxyOffer },
  { name: 'root-path', apply: rootPath },
  { name: 'call-back', apply: callBack },
  { name: 'loader-variables', apply: loaderVariables },
  { name: 'fits', apply: fits },
]

/** How many of the first rules say what any client gets, whether it boots or not. */
export const NETWORK_RULES = 2

/** The bytes of an address; every reply says the same few. */
function quad(address: string): Buffer {
  const known = QUADS.get(address)
  if (known !== undefined) return known
  const bytes = Buffer.from(address.split('.').map(Number))
  if (QUADS.size < MOST_QUADS) QUADS.set(address, bytes)
  return bytes
}

const QUADS = new Map<string, Buffer>()
const MOST_QUADS = 256

/** What any client of a DHCP server needs. A loader gets no more than it reads: its reply is small. */
function network({ client, mode, lab, machine }: PlanInput, draft: Draft): undefined {
  if (mode === 'proxy') return
  draft.option(1, quad(lab.netmask))
  if (lab.router !== undefined) draft.option(3, quad(lab.router))
  if (machine !== undefined) draft.option(12, machine.host ?? machine.name)
  if (client.stage === 'loader') return
  if (lab.dns.length > 0) draft.option(6, Buffer.concat(lab.dns.map(quad)))
  if (lab.domain !== undefined) draft.option(15, lab.domain)
  draft.option(28, quad(lab.broadcast))
}

/** What the administrator adds for this client, or says otherwise; what its boot needs comes after. */
function ownOptions({ client, mode, machine, optionSets = [] }: PlanInput, draft: Draft): undefined {
  if (mode === 'proxy') return
  for (const set of optionSets) {
    if (!isFor(set, client, machine?.name)) continue
    const [code, value] = set.option
    draft.option(code, value)
    draft.note(`option ${code}`, `0x${value.toString('hex')}`)
  }
}

function installedOs({ client, mode }: PlanInput, draft: Draft): 'stop' | undefined {
  if (client.stage !== 'os') return
  draft.silent = mode === 'proxy'
  draft.note('boot', 'nothing: an installed or running system asks')
  return 'stop'
}

/** A proxy offer sends FreeBSD's loader to RARP: it is never answered there (stand/libsa/bootp.c). */
function assignment({ client, mode, be, assignedBy, problem }: PlanInput, draft: Draft): 'stop' | undefined {
  if (client.stage === 'loader' && mode === 'proxy') {
    draft.silent = true
    draft.note('boot', "nothing: FreeBSD's loader takes no proxy offer")
    return 'stop'
  }
  if (problem !== undefined) throw problem
  if (be === undefined) {
    draft.silent = mode === 'proxy'
    draft.note('boot', 'nothing: no boot environment is assigned, and there is no default')
    return 'stop'
  }
  draft.note('boot environment', `${be.name} (${ASSIGNED_BY[assignedBy ?? 'default']})`)
  return undefined
}

const ASSIGNED_BY = { once: 'this once', machine: "this machine's", default: 'the default' }

/** The tree must hold what this firmware loads, and its path must be shared. */
function bootable({ client, be, root }: PlanInput): undefined {
  const missing = missingToBoot(be!, client.firmware ?? 'uefi', client.firmware && client.arch)
  // A loader that runs on something unknown found its loader already.
  if (missing !== undefined && (client.firmware !== undefined || be!.kind === 'flat')) throw missing
  if (root === undefined) throw notShared(be!.name)
}

function handoff(input: PlanInput, draft: Draft): undefined {
  const { handoff, why } = chooseHandoff(input)
  draft.handoff = handoff
  draft.note('handoff', `${handoff}: ${why}`)
}

/** What firmware, iPXE and HTTP firmware load next; a loader needs none. */
function bootFile(input: PlanInput, draft: Draft): undefined {
  const { client, lab } = input
  if (client.stage === 'loader') return
  const viaIpxe = draft.handoff === 'arguments'
  const http = `http://${lab.server}:${lab.httpPort}`
  let file: string
  if (client.stage === 'ipxe' && viaIpxe) file = `${http}${machinePath(client.mac, 'boot.ipxe')}`
  else if (viaIpxe) file = client.stage === 'http' ? `${http}/${ipxeBinary(input)}` : ipxeBinary(input)
  else if (client.stage === 'http') file = `${http}${machinePath(client.mac, loaderFile(input))}`
  else file = bePath(input.be!.name, loaderFile(input)).slice(1)
  if (Buffer.byteLength(file) > 127) {
    throw new BeError('BE_FILE_NAME_LONG', `boot file name ${file}`, {
      expected: 'at most 127 bytes (RFC 2131)',
      hint: 'shorten the name of the boot environment',
    })
  }
  draft.siaddr = lab.server
  draft.file = file
  draft.note('file', file)
}

/** What later stages will read: where it cannot be written, the boot is refused before it has begun. */
function texts(input: PlanInput, { handoff }: Draft): undefined {
  if (input.client.stage === 'loader') return
  if (handoff === 'arguments') ipxeScript(input)
  if (handoff === 'http') loaderConf(kernelVariables(input))
}

function ipxeBinary({ client, ipxe }: PlanInput): string {
  const wanted = client.firmware === 'bios' ? 'bios' : client.arch === 'arm64' ? 'arm64' : 'amd64'
  const name = ipxe[wanted]
  if (name !== undefined) return name
  const file = { bios: 'undionly.kpxe', amd64: 'ipxe.efi', arm64: 'ipxe-arm64.efi' }[wanted]
  throw new BeError('BE_NO_IPXE', `no iPXE for ${wanted} to serve`, {
    expected: file,
    hint: `install the package ipxe, or put ${file} into pxe.dir`,
    exit: 'unavailable',
  })
}

/** UEFI HTTP boot takes an answer only if option 60 says HTTPClient (UEFI 2.10, section 24.7). */
function httpClient({ client }: PlanInput, draft: Draft): undefined {
  if (client.stage !== 'http' || draft.file === undefined) return
  draft.option(60, 'HTTPClient')
  draft.option(67, draft.file)
}

/** iPXE option 176 in 175: do not wait for proxy offers; saves about three seconds of each boot. */
function ipxeNoProxy({ client, mode }: PlanInput, draft: Draft): undefined {
  if (client.stage === 'ipxe' && mode === 'authority') draft.option(175, Buffer.from([176, 1, 1]))
}

/** PXE 2.1: an offer without an address is a boot server's when option 60 says PXEClient. */
function proxyOffer({ client, mode, lab }: PlanInput, draft: Draft): undefined {
  if (mode !== 'proxy' || client.stage === 'http') return
  draft.option(60, 'PXEClient')
  draft.option(43, proxyVendorOptions(lab.server))
}

/** `ip:/path` is the one spelling that every loader generation takes; only loaders are sent it. */
function rootPath(input: PlanInput, draft: Draft): undefined {
  const { client, be, root, lab } = input
  if (client.stage !== 'loader' || be!.kind !== 'freebsd') return
  const path =
    draft.handoff === 'tftp' ? `tftp://${lab.server}${bePath(be!.name, '')}` : `${root!.server}:${root!.path}`
  if (Buffer.byteLength(path) > 127) {
    throw new BeError('BE_ROOT_PATH_LONG', `root-path ${path}`, {
      expected: 'at most 127 bytes (stand/common/dev_net.c)',
      hint: 'shorten be.root or the name of the boot environment',
    })
  }
  draft.option(17, path)
  draft.note('root-path', path)
}

function loaderVariables(input: PlanInput, draft: Draft): undefined {
  if (input.client.stage !== 'loader' || input.be!.kind !== 'freebsd') return
  if (draft.variables.length === 0) draft.variables = variablesFor(input, draft.handoff!)
  for (const [code, value] of variableOptions(draft.variables)) {
    draft.option(code, value)
    draft.note(`option ${code}`, String(value))
  }
}

/** A reply that a client would cut boots into nonsense: it is refused, with what to shorten. */
function fits({ client }: PlanInput, draft: Draft): undefined {
  const bytes = needed(client, draft.options)
  if (bytes <= client.optionRoom) return
  const largest = draft.options
    .map(([code, value]) => ({ code, size: value.length + 2 }))
    .sort((a, b) => b.size - a.size)
    .slice(0, 3)
    .map(({ code, size }) => `option ${code} ${size}`)
    .join(', ')
  throw new BeError('BE_REPLY_TOO_LONG', `the reply needs ${bytes} bytes of options (${largest})`, {
    expected: `at most ${client.optionRoom}, which is all that this client takes`,
    hint: 'shorten boot.loader, the path or name of the boot environment, or the host name; or set boot.handoff = "nfs"',
  })
}
