import type { ErrorCode } from '../errors/codes/index.ts'
import { BeError } from '../errors/errors.ts'
import { didYouMean } from '../errors/suggestions.ts'
import type { Database } from '../state/database.ts'
import { type MachineRow, MachineTable } from '../state/machine-table.ts'
import { clientIdSpellings } from './client-id.ts'
import { readMac } from './mac.ts'
import { type Machine, parseMachine } from './machine.ts'
import { clientIdIdentifiesNobody, uuidIdentifiesNobody } from './no-identity.ts'

/** The machines of the lab, by name and by MAC. */
export class Inventory {
  readonly #table: MachineTable

  constructor(db: Database) {
    this.#table = new MachineTable(db)
  }

  /**
   * Adds a machine; answers it as stored. On disk when it returns; with `dryRun` it is only checked.
   * @throws BeError BE_MACHINE_EXISTS, BE_MACHINE_MAC_TAKEN, BE_MACHINE_IP_TAKEN, BE_CLIENT_ID_TAKEN, and those of
   * `parseMachine`
   */
  add(given: { name: string; mac: string } & Partial<MachineRow>, dryRun = false): Machine {
    const machine = parseMachine(given)
    this.#table.transaction(() => {
      this.#checkUnique(machine)
      if (!dryRun) this.#table.insert(machine)
    })
    return machine
  }

  /**
   * Changes a machine; fields that are undefined in `changes` are removed. Answers it as stored.
   * @throws BeError BE_MACHINE_UNKNOWN, and those of `add`
   */
  set(nameOrMac: string, changes: Partial<MachineRow>, dryRun = false): Machine {
    return this.#table.transaction(() => {
      const before = this.find(nameOrMac)
      // Only the changes are parsed: stored fields may not parse again (a client identifier in hex would be text).
      const parsed = parseMachine({ name: before.name, mac: before.mac, ...changes })
      const fresh = Object.keys(changes).map(key => [key, parsed[key as keyof Machine]])
      const machine: Machine = { ...before, ...Object.fromEntries(fresh) }
      this.#checkUnique(machine, before.name)
      if (!dryRun) this.#table.update(before.name, machine)
      return machine
    })
  }

  /** All, in order of their names. */
  list(): Machine[] {
    return this.#table.all() as Machine[]
  }

  /**
   * The machine of this name (any case) or MAC (any spelling).
   * @throws BeError BE_MACHINE_UNKNOWN
   */
  find(nameOrMac: string): Machine {
    const machine = this.get(nameOrMac)
    if (machine !== undefined) return machine
    const names = this.#table.all().map(({ name }) => name)
    throw new BeError('BE_MACHINE_UNKNOWN', `no machine ${JSON.stringify(nameOrMac)}`, {
      hint: `${didYouMean(nameOrMac, names, 'be machine list')}; add it with be machine add NAME MAC`,
    })
  }

  /** As `find`; undefined when there is none. */
  get(nameOrMac: string): Machine | undefined {
    const mac = readMac(nameOrMac)
    const row = mac === undefined ? this.#table.by('name', nameOrMac) : this.#table.by('mac', mac)
    return row as Machine | undefined
  }

  /** The machine that this address is reserved for. */
  byAddress(ip: string): Machine | undefined {
    return this.#table.by('ip', ip) as Machine | undefined
  }

  /** The number of machines without a fixed address. */
  withoutAddress(): number {
    return this.#table.countWithoutAddress()
  }

  /** The machine with this SMBIOS UUID, lower-case; undefined when none or several have it, or many boards do. */
  byUuid(uuid: string): Machine | undefined {
    if (uuidIdentifiesNobody(uuid)) return undefined
    return this.#table.by('uuid', uuid) as Machine | undefined
  }

  /** The machine with this DHCP client identifier; `hex` as in the packet. Undefined for one that says nothing. */
  byClientId(hex: string): Machine | undefined {
    if (clientIdIdentifiesNobody(hex)) return undefined
    for (const spelling of clientIdSpellings(hex)) {
      const row = this.#table.by('clientId', spelling)
      if (row !== undefined) return row as Machine
    }
    return undefined
  }

  /**
   * UUIDs and client identifiers in the inventory that identify nobody, which `add` and `set` refuse: an earlier
   * version accepted them.
   */
  sharedIdentities(): { machine: string; field: 'uuid' | 'client-id'; value: string }[] {
    return this.list().flatMap(({ name: machine, uuid, clientId }) => [
      ...(uuid !== undefined && uuidIdentifiesNobody(uuid)
        ? [{ machine, field: 'uuid' as const, value: uuid }]
        : []),
      ...(clientId !== undefined && clientIdIdentifiesNobody(clientId)
        ? [{ machine, field: 'client-id' as const, value: `0x${clientId}` }]
        : []),
    ])
  }

  /**
   * Removes a machine and its assignments; answers it.
   * @throws BeError BE_MACHINE_UNKNOWN
   */
  remove(nameOrMac: string): Machine {
    return this.#table.transaction(() => {
      const machine = this.find(nameOrMac)
      this.#table.delete(machine.name)
      return machine
    })
  }

  /** Name, MAC, address and client identifier are unique. `except`: the machine itself, by name. */
  #checkUnique(machine: Machine, except?: string): void {
    const named = this.#table.by('name', machine.name)
    if (named !== undefined && named.name !== except) {
      throw new BeError('BE_MACHINE_EXISTS', `a machine ${named.name} exists (${named.mac})`, {
        hint: `choose another name, or be machine remove ${named.name}`,
      })
    }
    this.#checkFree('mac', machine.mac, 'BE_MACHINE_MAC_TAKEN', except)
    if (machine.ip !== undefined) this.#checkFree('ip', machine.ip, 'BE_MACHINE_IP_TAKEN', except)
    if (machine.clientId !== undefined) {
      this.#checkFree('clientId', machine.clientId, 'BE_CLIENT_ID_TAKEN', except)
    }
  }

  #checkFree(key: 'mac' | 'ip' | 'clientId', value: string, code: ErrorCode, except?: string): void {
    const owner = this.#table.by(key, value)
    if (owner === undefined || owner.name === except) return
    throw new BeError(code, `${value} belongs to machine ${owner.name}`, {
      hint: `give another one, or be machine remove ${owner.name}`,
    })
  }
}
