import { NO_ADDRESS } from '../net/ipv4.ts'
import { type DhcpMessage, messageType } from './message.ts'
import { MESSAGE_TYPE_NAMES, OPTION } from './options/codes.ts'
import { formatMac } from './options/mac.ts'
import { quote } from './options/printable.ts'
import { optionName } from './options/table.ts'
import { formatOption } from './options/text.ts'

/**
 * A message as one line: `DISCOVER xid=0x1 mac=… vendor-class=PXEClient …`. Fields that are zero or empty are
 * left out; text from the network is escaped.
 */
export function summary(message: DhcpMessage): string {
  return [kind(message), ...header(message), ...options(message)].join(' ')
}

function kind(message: DhcpMessage): string {
  const type = messageType(message)
  if (type === 0) return message.op === 1 ? 'BOOTREQUEST' : 'BOOTREPLY'
  return MESSAGE_TYPE_NAMES[type] ?? `TYPE-${type}`
}

function header(message: DhcpMessage): string[] {
  const fields = [`xid=0x${message.xid.toString(16)}`, `mac=${formatMac(message.chaddr) || '-'}`]
  for (const name of ['ciaddr', 'yiaddr', 'siaddr', 'giaddr'] as const) {
    if (message[name] !== NO_ADDRESS) fields.push(`${name}=${message[name]}`)
  }
  if (message.hops > 0) fields.push(`hops=${message.hops}`)
  if (message.secs > 0) fields.push(`secs=${message.secs}`)
  if (message.flags & 0x8000) fields.push('broadcast')
  if (message.sname) fields.push(`sname=${quote(message.sname)}`)
  if (message.file) fields.push(`file=${quote(message.file)}`)
  return fields
}

const options = (message: DhcpMessage): string[] =>
  message.options
    .filter(([code]) => code !== OPTION.messageType)
    .map(([code, value]) => `${optionName(code)}=${formatOption(code, value)}`)
