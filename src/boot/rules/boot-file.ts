import { BeError } from '../../errors/errors.ts'
import type { Draft } from '../draft.ts'
import { bePath, loaderPath, machinePath } from '../files/tree-paths.ts'
import type { PlanInput } from '../plan-input.ts'
import type { Rule } from './rule.ts'

/** The `file` field is 128 bytes with its NUL (RFC 2131, section 2). */
const LONGEST = 127

/**
 * The file that firmware, iPXE and HTTP firmware load next; FreeBSD's loader needs none. Throws
 * BE_FILE_NAME_LONG, BE_NO_IPXE.
 */
export const bootFile: Rule = {
  name: 'boot-file',
  apply(input, draft) {
    if (input.client.stage === 'loader' || input.client.board !== undefined) return
    const file = fileFor(input, draft)
    if (shimOf(input) !== undefined) draft.text = 'grub.cfg'
    if (Buffer.byteLength(file) > LONGEST) {
      throw new BeError('BE_FILE_NAME_LONG', `boot file name ${file}`, {
        expected: `at most ${LONGEST} bytes (RFC 2131)`,
        hint: 'shorten the name of the boot environment',
      })
    }
    draft.siaddr = input.lab.server
    draft.file = file
    draft.note('file', file)
  },
}

/** With the handoff `arguments` iPXE comes first, and then its script, or a shim and GRUB; otherwise the loader. */
function fileFor(input: PlanInput, { handoff }: Draft): string {
  const { client, be, lab } = input
  const http = `http://${lab.server}:${lab.httpPort}`
  if (handoff === 'arguments') {
    if (client.stage === 'ipxe') return `${http}${machinePath(client.mac, 'boot.ipxe')}`
    const program = shimOf(input) ?? ipxeBinary(input)
    return client.stage === 'http' ? `${http}/${program}` : program
  }
  const loader = loaderPath(be!, client.firmware)
  // TFTP clients get the path without a leading slash.
  return client.stage === 'http'
    ? `${http}${machinePath(client.mac, loader)}`
    : bePath(be!.name, loader).slice(1)
}

/** The shim that firmware is to load: for Linux, whose kernels are signed so that a shim's GRUB may start them. */
function shimOf({ client, be, shim }: PlanInput): string | undefined {
  const { stage, firmware, arch } = client
  if (be!.kind !== 'linux' || firmware !== 'uefi' || (stage !== 'firmware' && stage !== 'http'))
    return undefined
  return arch === 'amd64' || arch === 'arm64' ? shim?.[arch] : undefined
}

function ipxeBinary({ client, ipxe }: PlanInput): string {
  const wanted = client.firmware === 'bios' ? 'bios' : (client.arch ?? 'amd64')
  const name = ipxe[wanted]
  if (name !== undefined) return name
  const file = { bios: 'undionly.kpxe', amd64: 'ipxe.efi' }[wanted as string] ?? `ipxe-${wanted}.efi`
  throw new BeError('BE_NO_IPXE', `no iPXE for ${wanted} to serve`, {
    expected: file,
    hint: `install the package ipxe, or put ${file} into pxe.dir`,
  })
}
