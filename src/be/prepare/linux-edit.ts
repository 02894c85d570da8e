import { commentOut } from './marks.ts'

/** Where a stanza of interfaces(5) begins. */
const STANZA = /^\s*(iface|auto|allow-\S+|no-auto-down|mapping|source|source-directory|template)\b\s*(.*)$/

/** Lines of interfaces(5) that configure something other than loopback, with their offsets. */
export function bootInterfaceStanzas(text: string): { start: number; end: number }[] {
  let at = 0
  let fighting = false
  return text.split('\n').flatMap(line => {
    const range = { start: at, end: at + line.length }
    at = range.end + 1
    const [, word, rest = ''] = STANZA.exec(line) ?? []
    if (word !== undefined) fighting = configures(word, rest)
    const says = line.trim() !== '' && !line.trim().startsWith('#')
    return fighting && says ? [range] : []
  })
}

function configures(word: string, rest: string): boolean {
  const names = rest.split(/\s+/).filter(Boolean)
  if (word === 'iface') return names[0] !== 'lo'
  // `auto lo eth0`: without a stanza eth0 is only complained about; lo must stay.
  return (word === 'auto' || word.startsWith('allow-')) && !names.includes('lo')
}

/** interfaces(5) that leaves the interface alone that the kernel has its root on. */
export const editInterfaces = (text: string | undefined): string | undefined =>
  text === undefined ? undefined : commentOut(text, bootInterfaceStanzas(text))

const HEADER = '# nbe: made by be prepare, taken out by be prepare --undo\n'

/**
 * systemd.network(5): on a machine that netboots, the first matching file keeps the address that its kernel has;
 * booted from a disk the same tree is as it was. Managed all the same: network-online.target waits for such.
 */
export const NETWORKD = `${HEADER}[Match]
KernelCommandLine=nbe.be
Name=en* eth*

[Network]
KeepConfiguration=yes
`

/** NetworkManager.conf(5), section device: it takes no wired interface over. */
export const NETWORK_MANAGER = `${HEADER}[device-nbe]
match-device=type:ethernet
managed=0
`
