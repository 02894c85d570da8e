import { addressBytes, readAddress } from '../../net/ipv4.ts'

/**
 * Classless static routes (RFC 3442): width of the mask, significant octets of the destination, router. As text
 * `10.0.0.0/8 via 192.168.2.254, …`; undefined when the bytes are no list of routes.
 */
export function formatRoutes(value: Buffer): string | undefined {
  const out: string[] = []
  let at = 0
  while (at < value.length) {
    const width = value[at]!
    const octets = Math.ceil(width / 8)
    if (width > 32 || at + 1 + octets + 4 > value.length) return undefined
    const destination = Buffer.alloc(4)
    value.copy(destination, 0, at + 1, at + 1 + octets)
    out.push(`${readAddress(destination)}/${width} via ${readAddress(value, at + 1 + octets)}`)
    at += 1 + octets + 4
  }
  return out.length > 0 ? out.join(', ') : undefined
}

/** The bytes of one route; undefined when the text is none. Throws BE_ADDRESS_SYNTAX. */
export function routeBytes(text: string): Buffer | undefined {
  const [, destination, width, router] = /^([\d.]+)\/(\d{1,2}) via ([\d.]+)$/.exec(text) ?? []
  if (destination === undefined || Number(width) > 32) return undefined
  const octets = addressBytes(destination).subarray(0, Math.ceil(Number(width) / 8))
  return Buffer.concat([Buffer.of(Number(width)), octets, addressBytes(router!)])
}
