import { applyRecord, type Boot } from '../../src/session/boots.ts'
import type { SessionRecord } from '../../src/session/record.ts'

/** The records of typical boots, written as lines like those of the log. */

export const START = Date.parse('2026-11-22T20:00:00Z')

/** Records a second apart, from `stage event key=value…` lines. */
export function records(...lines: string[]): SessionRecord[] {
  return lines.map((line, second) => {
    const [stage, event, ...pairs] = line.split(' ')
    const fields = Object.fromEntries(pairs.map(pair => pair.split('=')))
    const { be, ip, ...detail } = fields
    const time = new Date(START + second * 1000).toISOString()
    return { time, mac: 'm', stage: stage === '-' ? undefined : stage, event: event!, be, ip, detail }
  })
}

/** The boots of one machine, oldest first. */
export function bootsOf(records: Iterable<SessionRecord>): Boot[] {
  const boots: Boot[] = []
  for (const record of records) {
    const boot = applyRecord(boots.at(-1), record)
    if (boot !== undefined && boot !== boots.at(-1)) boots.push(boot)
  }
  return boots
}

export const last = (...lines: string[]): Boot => bootsOf(records(...lines)).at(-1)!

export const PLAN = 'firmware boot:plan be=fb14 handoff=nfs by=machine'
export const UEFI = ['firmware dhcp:discover', PLAN, 'firmware dhcp:offer', 'firmware dhcp:request']
export const ACK = 'firmware dhcp:ack ip=192.168.2.7'
export const FILE = 'firmware tftp:done file=/be/fb14/boot/loader.efi bytes=640000'
export const IPXE = ['ipxe dhcp:discover', 'ipxe boot:plan', 'ipxe dhcp:offer', 'ipxe dhcp:ack']
export const LOADER = ['loader dhcp:discover', 'loader dhcp:offer', 'loader dhcp:ack', 'loader nfs:handle']
