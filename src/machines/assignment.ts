import { AssignmentTable } from '../state/assignment-table.ts'
import type { Database } from '../state/database.ts'
import { type OnceRow, OnceTable } from '../state/once-table.ts'
import { Inventory } from './inventory.ts'
import type { Machine } from './machine.ts'

/** Which BE a machine boots, and which rule says so. */
export interface Assignment {
  be: string
  rule: 'once' | 'machine' | 'default'
}

/** Who boots what. Machines are named as `Inventory.find` takes them. */
export class Assignments {
  readonly #table: AssignmentTable
  readonly #onces: OnceTable
  readonly #inventory: Inventory

  constructor(db: Database) {
    this.#table = new AssignmentTable(db)
    this.#onces = new OnceTable(db)
    this.#inventory = new Inventory(db)
  }

  /**
   * From now on `machine` boots `be`; without a machine, all that have no BE of their own do. On disk
   * when it returns. Whether there is such a BE is for the caller to know.
   * @throws BeError BE_MACHINE_UNKNOWN
   */
  assign(be: string, machine?: string): void {
    for (;;) {
      const mac = machine === undefined ? undefined : this.#inventory.find(machine).mac
      // False: removed by another process between the two statements; then `find` says so.
      if (this.#table.put(be, mac)) return
    }
  }

  /**
   * Takes back what was assigned to a machine, or the default; answers whether anything was.
   * @throws BeError BE_MACHINE_UNKNOWN
   */
  unassign(machine?: string): boolean {
    return this.#table.delete(machine === undefined ? undefined : this.#inventory.find(machine).mac)
  }

  /**
   * `machine` boots `be` once, from its next boot on until that came up or its time has run out, as of `now` (ms
   * since 1970). On disk when it returns.
   * @throws BeError BE_MACHINE_UNKNOWN
   */
  assignOnce(be: string, machine: string, now: number): void {
    while (!this.#onces.put(be, this.#inventory.find(machine).mac, now));
  }

  /**
   * Takes back what was to be booted once; answers what it was.
   * @throws BeError BE_MACHINE_UNKNOWN
   */
  unassignOnce(machine: string): OnceRow | undefined {
    const once = this.onceOf(this.#inventory.find(machine).mac)
    return once !== undefined && this.#onces.remove(once) ? once : undefined
  }

  /** What was to be booted once is called `to` now, or, without that, is gone. */
  renameOnce(be: string, to: string | undefined): void {
    this.#onces.rename(be, to)
  }

  /** What the machine with this MAC is to boot once. */
  onceOf(mac: string): OnceRow | undefined {
    return this.#onces.get(mac)
  }

  /** What this machine boots now; one that the inventory does not know gets the default. */
  assignmentOf(machineOrMac: string): Assignment | undefined {
    const machine = this.#inventory.get(machineOrMac)
    const once = machine && this.onceOf(machine.mac)
    return once === undefined ? this.permanentAssignmentOf(machineOrMac) : { be: once.be, rule: 'once' }
  }

  /** What this machine boots when nothing is to be booted once. */
  permanentAssignmentOf(machineOrMac: string): Assignment | undefined {
    const machine = this.#inventory.get(machineOrMac)
    const own = machine && this.#table.get(machine.mac)
    if (own !== undefined) return { be: own, rule: 'machine' }
    const be = this.defaultBe()
    return be === undefined ? undefined : { be, rule: 'default' }
  }

  defaultBe(): string | undefined {
    return this.#table.get(undefined)
  }

  /** The machines that `be` is assigned to by name, in order of their names. */
  machinesOf(be: string): Machine[] {
    return this.#table.macsOf(be).flatMap(mac => this.#inventory.get(mac) ?? [])
  }

  /** Why `be` may not be destroyed, as words for a person: `assigned to m1`, `the default`. */
  usesOf(be: string): string[] {
    const once = this.#onces.all().filter(row => row.be === be)
    const uses = [
      ...this.machinesOf(be).map(({ name }) => `assigned to ${name}`),
      ...once.map(({ mac }) => `to be booted once by ${this.#inventory.get(mac)?.name}`),
    ]
    return this.defaultBe() === be ? ['the default', ...uses] : uses
  }
}
