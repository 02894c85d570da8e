import { readFileSync } from 'node:fs'
import os from 'node:os'
import { Subnet, toNumber } from './ipv4.ts'

/** Where the kernel's knowledge comes from; replaced in tests. */
export interface NeighbourSource {
  /** The ARP table as in /proc/net/arp (proc_net(5)); undefined where there is none. */
  table(): string | undefined
  interfaces(): ReturnType<typeof os.networkInterfaces>
  /** Monotonic ms. */
  now(): number
}

const HOST: NeighbourSource = {
  table() {
    try {
      return readFileSync('/proc/net/arp', 'latin1')
    } catch {
      return undefined
    }
  },
  interfaces: () => os.networkInterfaces(),
  now: () => performance.now(),
}

/** How long (ms) a resolved entry, and the interfaces, are taken for true. */
const FRESH_MS = 1000
/** The same for an entry that is not resolved, as each reply to its address tries again; and so many times as long as reading took. */
const RETRY_MS = 50
const RETRY_FACTOR = 20

/** Flags of an entry with a hardware address (ATF_COM of arp(7)). */
const COMPLETE = 0x02

/**
 * Whether this host's kernel knows the hardware address of an IPv4 address, or has to ask by ARP first. Linux keeps
 * what is sent to it meanwhile and charges it to the socket, for 3 s when nobody answers (net/ipv4/arp.c,
 * net/core/neighbour.c). FreeBSD keeps 16 packets for each address, which are not charged (sys/netinet/if_ether.c):
 * it has no table here, and every address counts as resolved.
 */
export class Neighbours {
  readonly #source: NeighbourSource
  /** Address → whether its entry is complete. */
  #entries = new Map<string, boolean>()
  #subnets: Subnet[] = []
  #own = new Set<string>()
  #readAt = Number.NEGATIVE_INFINITY
  #readTook = 0
  #interfacesAt = Number.NEGATIVE_INFINITY
  #hasTable = true

  constructor(source: NeighbourSource = HOST) {
    this.#source = source
  }

  /** Whether a datagram to this address would have to wait for ARP. */
  isUnresolved(address: string): boolean {
    if (!this.#hasTable) return false
    const now = this.#source.now()
    if (this.#entries.get(address) === true && now - this.#readAt < FRESH_MS) return false
    if (now - this.#readAt >= Math.max(RETRY_MS, RETRY_FACTOR * this.#readTook)) this.#read(now)
    return this.#hasTable && !(this.#entries.get(address) ?? !this.#isOnLink(address, now))
  }

  #read(now: number): void {
    const text = this.#source.table()
    this.#hasTable = text !== undefined
    this.#entries = new Map()
    for (const [, address, flags] of (text ?? '').matchAll(/^(\d\S+)\s+\S+\s+(0x\w+)/gm)) {
      this.#entries.set(address!, (Number(flags) & COMPLETE) !== 0)
    }
    this.#readAt = now
    this.#readTook = this.#source.now() - now
  }

  /** Whether this host reaches the address by ARP: one of another host in the subnet of an Ethernet interface. */
  #isOnLink(address: string, now: number): boolean {
    if (now - this.#interfacesAt >= FRESH_MS) this.#readInterfaces(now)
    const number = toNumber(address)
    return !this.#own.has(address) && this.#subnets.some(subnet => subnet.hasHost(number))
  }

  #readInterfaces(now: number): void {
    this.#interfacesAt = now
    const all = Object.values(this.#source.interfaces()).flatMap((addresses = []) => addresses)
    const ours = all.filter(({ family }) => family === 'IPv4')
    this.#own = new Set(ours.map(({ address }) => address))
    // Loopback and tunnels have no hardware address and no ARP.
    const ethernet = ours.filter(({ mac, internal }) => !internal && /[1-9a-f]/i.test(mac))
    this.#subnets = ethernet.map(({ address, netmask }) => new Subnet(address, netmask))
  }
}
