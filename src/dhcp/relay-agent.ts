import { NO_ADDRESS, readAddress } from '../net/ipv4.ts'
import { type DhcpMessage, option } from './message.ts'
import { OPTION } from './options/codes.ts'
import { subOptions } from './options/sub-options.ts'

/** RFC 3527: the relay agent names the client's network, where giaddr is only the way back. */
const LINK_SELECTION = 5
/** RFC 5107: the relay agent wants renewals too, so clients are to take its address for the server's. */
const SERVER_OVERRIDE = 11

/** The network that a relay agent says its client is on; undefined when it leaves that to giaddr. */
export const linkSelection = (message: DhcpMessage): string | undefined => addressIn(message, LINK_SELECTION)

/** The address that option 54 must have towards this client instead of ours; undefined: ours. */
export const serverOverride = (message: DhcpMessage): string | undefined =>
  message.giaddr === NO_ADDRESS ? undefined : addressIn(message, SERVER_OVERRIDE)

function addressIn(message: DhcpMessage, code: number): string | undefined {
  const added = option(message, OPTION.relayAgent)
  const value = added && subOptions(added)?.find(([known]) => known === code)?.[1]
  return value?.length === 4 ? readAddress(value) : undefined
}
