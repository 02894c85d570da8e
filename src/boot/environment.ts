import { BeError } from '../errors/errors.ts'
import type { NfsRoot } from '../nfs/root.ts'
import { isIpxeText } from './ipxe-text.ts'

/** A variable of FreeBSD's loader; all of them reach the kernel's environment, kenv(1). */
export type Variable = [name: string, value: string]

/** The network identity that the kernel gives its boot interface. */
export interface Netif {
  ip: string
  netmask: string
  /** Lower-case, colons; the kernel finds the interface by it. */
  hwaddr: string
  gateway?: string
}

/** `X` + lower-case hex + `X`, as the loader writes a handle and the kernel reads it (sys/nfs/nfs_diskless.c). */
export const handleText = (handle: Buffer): string => `X${handle.toString('hex')}X`

/** What the kernel needs of the interface, in the order in which it reads (sys/nfs/nfs_diskless.c). */
export function netifVariables(netif: Netif): Variable[] {
  return [
    ['boot.netif.hwaddr', netif.hwaddr],
    ['boot.netif.ip', netif.ip],
    ['boot.netif.netmask', netif.netmask],
    ...(netif.gateway === undefined ? [] : ([['boot.netif.gateway', netif.gateway]] as Variable[])),
  ]
}

/**
 * What the kernel needs of the root. nfshandlelen makes it NFSv3; without it the kernel would take the
 * handle for a 32-byte one of NFSv2.
 */
export function nfsrootVariables(root: NfsRoot, options: string): Variable[] {
  return [
    ['boot.nfsroot.server', root.server],
    ['boot.nfsroot.nfshandle', handleText(root.handle)],
    ['boot.nfsroot.nfshandlelen', String(root.handle.length)],
    ['boot.nfsroot.path', root.path],
    ...(options === '' ? [] : ([['boot.nfsroot.options', options]] as Variable[])),
  ]
}

/** How a machine learns who it is and what it runs, with nothing written into the boot environment. */
export function identityVariables(be: string, machine: string | undefined): Variable[] {
  return [['nbe.be', be], ...(machine === undefined ? [] : ([['nbe.machine', machine]] as Variable[]))]
}

/** `name=value` pairs of the configuration. */
export const parseVariables = (pairs: readonly string[]): Variable[] =>
  pairs.map(pair => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)])

/**
 * As a loader.conf(5). A quote ends a value there, and loaders in Forth and in Lua make different things of
 * backslashes, dollars and what is not ASCII. A path of that kind is left out: the handle alone will do
 * (sys/nfs/nfs_diskless.c). Throws BE_VARIABLE.
 */
export const loaderConf = (variables: readonly Variable[]): string =>
  variables
    .filter(([name, value]) => name !== 'boot.nfsroot.path' || isPlain(value))
    .map(([name, value]) => {
      if (isPlain(value)) return `${name}="${value}"\n`
      throw unwritable(name, 'printable ASCII characters other than quotes, backslashes and dollars')
    })
    .join('')

const isPlain = (value: string): boolean => /^[\x20-\x7e]*$/.test(value) && !/["\\$]/.test(value)

/** What loader.efi keeps of an argument: `char var[128]` (parse_args() in stand/efi/loader/main.c). */
const ARGUMENT_MAX = 127

/** Whether loader.efi, which parts its arguments at blanks and knows no quotes, gets it from iPXE as it is. */
export function isLoaderArgument([name, value]: Variable): boolean {
  const word = `${name}=${value}`
  return word.length <= ARGUMENT_MAX && isIpxeText(word) && !word.includes(' ')
}

/** As an argument of loader.efi. Throws BE_VARIABLE. */
export function loaderArgument(variable: Variable): string {
  if (isLoaderArgument(variable)) return variable.join('=')
  throw unwritable(variable[0], `at most ${ARGUMENT_MAX} ASCII characters with the name, no blank, no \${}`)
}

/** Largest value of one DHCP option. */
const OPTION_MAX = 255

/**
 * Packs variables into the DHCP options that FreeBSD's loader turns into variables of its own: 246 to
 * 249 hold `name=value;name=value`, 250 to 254 one `name=value` each (stand/libsa/bootp.c). Values that
 * hold a semicolon go into the latter. Throws BE_VARIABLES_FULL.
 */
export function variableOptions(variables: readonly Variable[]): [code: number, value: Buffer][] {
  const lists: string[] = []
  const singles: string[] = []
  for (const [name, value] of variables) {
    const pair = `${name}=${value}`
    if (pair.length > OPTION_MAX || /[^\x20-\x7e]/.test(pair)) {
      throw unwritable(name, `at most ${OPTION_MAX} printable ASCII characters`)
    }
    const last = lists.at(-1)
    if (value.includes(';')) singles.push(pair)
    else if (last !== undefined && last.length + 1 + pair.length <= OPTION_MAX)
      lists[lists.length - 1] = `${last};${pair}`
    else if (lists.length < 4) lists.push(pair)
    else singles.push(pair)
  }
  if (singles.length > 5) {
    throw new BeError(
      'BE_VARIABLES_FULL',
      `${variables.length} loader variables do not fit DHCP options 246 to 254`,
      {
        hint: 'shorten boot.loader',
        exit: 'config',
      },
    )
  }
  return [
    ...lists.map((list, index): [number, Buffer] => [246 + index, Buffer.from(list, 'latin1')]),
    ...singles.map((pair, index): [number, Buffer] => [250 + index, Buffer.from(pair, 'latin1')]),
  ]
}

/** What variables of ours are made of; all others are the administrator's. */
const ORIGINS: Record<string, string> = {
  rootpath: 'the name of the boot environment',
  'nbe.be': 'the name of the boot environment',
  'boot.nfsroot.nfshandle': 'boot.handoff',
}

const unwritable = (name: string, expected: string): BeError =>
  new BeError('BE_VARIABLE', `loader variable ${name}`, {
    expected,
    hint: `change ${ORIGINS[name] ?? 'boot.loader'}`,
    exit: 'config',
  })
