import { readdirSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import type { Endpoint } from '../../src/net/net.ts'

/** A UDP datagram of a capture. */
export interface CapturedDatagram {
  /** Counted from 1, as tshark does. */
  frame: number
  /** Seconds since the epoch. */
  time: number
  from: Endpoint
  to: Endpoint
  payload: Buffer
}

const CAPTURES = new URL('../fixtures/captures/', import.meta.url)

/** Names of the captured boots, without `.pcap`. */
export const captureNames = (): string[] =>
  readdirSync(CAPTURES)
    .filter(name => name.endsWith('.pcap'))
    .map(name => basename(name, '.pcap'))
    .sort()

/** The datagrams of a captured boot, in order. */
export const capture = (name: string): CapturedDatagram[] =>
  readPcap(readFileSync(new URL(`${name}.pcap`, CAPTURES)))

/** The UDP datagrams (IPv4, Ethernet) in a classic pcap file, without fragmented ones. */
export function readPcap(file: Buffer): CapturedDatagram[] {
  const magic = file.readUInt32LE(0)
  if (magic !== 0xa1b2c3d4) throw new Error(`not a little-endian pcap file: magic ${magic.toString(16)}`)
  if (file.readUInt32LE(20) !== 1) throw new Error('not captured on Ethernet')
  const datagrams: CapturedDatagram[] = []
  let frame = 0
  for (let at = 24; at + 16 <= file.length; ) {
    frame++
    const time = file.readUInt32LE(at) + file.readUInt32LE(at + 4) / 1e6
    const end = at + 16 + file.readUInt32LE(at + 8)
    const udp = readUdp(file.subarray(at + 16, end))
    if (udp !== undefined) datagrams.push({ frame, time, ...udp })
    at = end
  }
  return datagrams
}

function readUdp(frame: Buffer): Pick<CapturedDatagram, 'from' | 'to' | 'payload'> | undefined {
  if (frame.length < 42 || frame.readUInt16BE(12) !== 0x0800) return undefined
  const ip = frame.subarray(14, 14 + frame.readUInt16BE(16))
  const fragmented = (ip.readUInt16BE(6) & 0x3fff) !== 0
  if (ip[9] !== 17 || fragmented) return undefined
  const udp = ip.subarray((ip[0]! & 15) * 4)
  const dotted = (at: number) => [...ip.subarray(at, at + 4)].join('.')
  return {
    from: { address: dotted(12), port: udp.readUInt16BE(0) },
    to: { address: dotted(16), port: udp.readUInt16BE(2) },
    payload: udp.subarray(8, udp.readUInt16BE(4)),
  }
}
