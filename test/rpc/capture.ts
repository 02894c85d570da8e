import { readFileSync } from 'node:fs'

/** The payload of one UDP datagram or TCP segment of a capture. */
export interface Packet {
  protocol: 'udp' | 'tcp'
  from: string
  to: string
  fromPort: number
  toPort: number
  data: Buffer
}

/** IPv4 packets of a capture (classic pcap, Ethernet, little-endian) that carry data. */
export function readCapture(name: string): Packet[] {
  const file = readFileSync(new URL(`../fixtures/captures/${name}.pcap`, import.meta.url))
  const packets: Packet[] = []
  for (let at = 24; at + 16 <= file.length; ) {
    const length = file.readUInt32LE(at + 8)
    const packet = readFrame(file.subarray(at + 16, at + 16 + length))
    if (packet !== undefined && packet.data.length > 0) packets.push(packet)
    at += 16 + length
  }
  return packets
}

function readFrame(frame: Buffer): Packet | undefined {
  if (frame.length < 34 || frame.readUInt16BE(12) !== 0x0800) return undefined
  const ip = frame.subarray(14, 14 + frame.readUInt16BE(16))
  const body = ip.subarray((ip[0]! & 15) * 4)
  const protocol = ip[9] === 17 ? 'udp' : ip[9] === 6 ? 'tcp' : undefined
  if (protocol === undefined || body.length < 8) return undefined
  const address = (at: number): string => [...ip.subarray(at, at + 4)].join('.')
  return {
    protocol,
    from: address(12),
    to: address(16),
    fromPort: body.readUInt16BE(0),
    toPort: body.readUInt16BE(2),
    data: body.subarray(protocol === 'udp' ? 8 : (body[12]! >> 4) * 4),
  }
}
