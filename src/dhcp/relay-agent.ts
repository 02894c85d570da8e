import { NO_ADDRESS, readAddress } from '../net/ipv4.ts'
import { addressOption, type DhcpMessage, option } from './message.ts'
import { OPTION } from './options/codes.ts'
import { subOption } from './options/sub-options.ts'

/**
 * Sub-options with the client's network, where giaddr is only the address to reply to: RFC 3527, and the one that
 * Cisco's agents sent before it and still send unless told otherwise.
 */
const LINK_SELECTION = [5, 150] as const
/**
 * Sub-options with the address that clients are to take for the server's, so that they renew through the agent: RFC
 * 5107, and Cisco's. RFC 6607 uses 152 for an empty one, which is no address.
 */
const SERVER_OVERRIDE = [11, 152] as const
/** Sub-option, empty: the agent expects the reply at the port that it sent from (RFC 8357). */
const SOURCE_PORT = 19

/**
 * The network that the relay agent says its client is on, else the one that the client asks for (option 118, RFC 3011;
 * the order is that of RFC 3527, section 4). Undefined: giaddr's.
 */
export const linkSelection = (message: DhcpMessage): string | undefined =>
  relayAddress(message, LINK_SELECTION) ?? addressOption(message, OPTION.subnetSelection)

/** The address that option 54 must have towards this client; undefined: this server's own. */
export const serverOverride = (message: DhcpMessage): string | undefined =>
  message.giaddr === NO_ADDRESS ? undefined : relayAddress(message, SERVER_OVERRIDE)

/** Whether the relay agent expects the reply at the port that it sent from, instead of the server's. */
export const wantsSourcePort = (message: DhcpMessage): boolean =>
  relaySubOption(message, SOURCE_PORT) !== undefined

/** The address in the first of these sub-options that holds one. */
function relayAddress(message: DhcpMessage, codes: readonly number[]): string | undefined {
  const values = codes.map(code => relaySubOption(message, code))
  const address = values.find(value => value?.length === 4)
  return address && readAddress(address)
}

/** A sub-option of option 82 (RFC 3046). */
function relaySubOption(message: DhcpMessage, code: number): Buffer | undefined {
  const information = option(message, OPTION.relayAgent)
  return information && subOption(information, code)
}
