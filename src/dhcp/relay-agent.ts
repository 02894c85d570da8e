import { NO_ADDRESS, readAddress } from '../net/ipv4.ts'
import { type DhcpMessage, option } from './message.ts'
import { OPTION } from './options/codes.ts'
import { subOption } from './options/sub-options.ts'

/** Sub-option (RFC 3527): the client's network, where giaddr is only the address to reply to. */
const LINK_SELECTION = 5
/** Sub-option (RFC 5107): the address that clients are to take for the server's, so that they renew through the agent. */
const SERVER_OVERRIDE = 11

/** The network that the relay agent says its client is on; undefined: giaddr's. */
export const linkSelection = (message: DhcpMessage): string | undefined =>
  relayAddress(message, LINK_SELECTION)

/** The address that option 54 must have towards this client; undefined: this server's own. */
export const serverOverride = (message: DhcpMessage): string | undefined =>
  message.giaddr === NO_ADDRESS ? undefined : relayAddress(message, SERVER_OVERRIDE)

/** The address in a sub-option of option 82 (RFC 3046). */
function relayAddress(message: DhcpMessage, code: number): string | undefined {
  const information = option(message, OPTION.relayAgent)
  const value = information && subOption(information, code)
  return value?.length === 4 ? readAddress(value) : undefined
}
