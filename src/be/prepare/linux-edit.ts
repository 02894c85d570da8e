import { commentOut } from './marks.ts'

/** The first line of a stanza of interfaces(5). */
const STANZA = /^\s*(iface|auto|allow-\S+|no-auto-down|mapping|source|source-directory|template)\b\s*(.*)$/

/** Offsets of the lines of interfaces(5) that configure anything but loopback, and with that maybe the boot interface. */
export function bootInterfaceStanzas(text: string): { start: number; end: number }[] {
  let at = 0
  let inStanza = false
  return text.split('\n').flatMap(line => {
    const range = { start: at, end: at + line.length }
    at = range.end + 1
    const [, keyword, rest = ''] = STANZA.exec(line) ?? []
    if (keyword !== undefined) inStanza = configures(keyword, rest)
    const isBlank = /^\s*(#|$)/.test(line)
    return inStanza && !isBlank ? [range] : []
  })
}

function configures(keyword: string, rest: string): boolean {
  const names = rest.split(/\s+/).filter(Boolean)
  if (keyword === 'iface') return names[0] !== 'lo'
  // `auto lo eth0` stays, for lo: eth0 without a stanza is only a warning.
  return (keyword === 'auto' || keyword.startsWith('allow-')) && !names.includes('lo')
}

/** interfaces(5) without these lines: the kernel has configured the interface that its root comes over. */
export const editInterfaces = (text: string | undefined): string | undefined =>
  text === undefined ? undefined : commentOut(text, bootInterfaceStanzas(text))

const HEADER = '# nbe: made by be prepare, taken out by be prepare --undo\n'

/**
 * systemd.network(5): on a machine that netboots (the kernel's command line has nbe.be), networkd keeps the address that
 * the kernel configured. The interface stays managed: network-online.target waits for managed ones only.
 */
export const NETWORKD = `${HEADER}[Match]
KernelCommandLine=nbe.be
Name=en* eth*

[Network]
KeepConfiguration=yes
`

/** NetworkManager.conf(5), section device: wired interfaces are not managed. */
export const NETWORK_MANAGER = `${HEADER}[device-nbe]
match-device=type:ethernet
managed=0
`
