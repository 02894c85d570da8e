/** Option code and raw value; a value may be longer than 255 bytes (RFC 3396). */
export type DhcpOption = [code: number, value: Buffer]

/** Options that the code refers to by name; all others are rows of the option table only. */
export const OPTION = {
  pad: 0,
  subnetMask: 1,
  routers: 3,
  rootPath: 17,
  broadcast: 28,
  vendorSpecific: 43,
  requestedAddress: 50,
  leaseTime: 51,
  overload: 52,
  messageType: 53,
  serverId: 54,
  parameterList: 55,
  message: 56,
  maxMessageSize: 57,
  vendorClass: 60,
  clientId: 61,
  userClass: 77,
  relayAgent: 82,
  architecture: 93,
  machineId: 97,
  subnetSelection: 118,
  ipxe: 175,
  end: 255,
} as const

/** Values of option 53 (RFC 2132, section 9.6). */
export const MESSAGE_TYPE = {
  discover: 1,
  offer: 2,
  request: 3,
  decline: 4,
  ack: 5,
  nak: 6,
  release: 7,
  inform: 8,
} as const

/** Names by the value of option 53: RFC 2132, 3203, 4388, 6926 and 7724; 0 stands for a BOOTP message without it. */
export const MESSAGE_TYPE_NAMES: readonly string[] = [
  'BOOTP',
  ...['DISCOVER', 'OFFER', 'REQUEST', 'DECLINE', 'ACK', 'NAK', 'RELEASE', 'INFORM', 'FORCERENEW'],
  ...['LEASEQUERY', 'LEASEUNASSIGNED', 'LEASEUNKNOWN', 'LEASEACTIVE', 'BULKLEASEQUERY', 'LEASEQUERYDONE'],
  ...['ACTIVELEASEQUERY', 'LEASEQUERYSTATUS', 'TLS'],
]
