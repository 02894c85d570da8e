import { AssignmentTable } from '../state/assignment-table.ts'
import type { Database } from '../state/database.ts'
import { type OnceRow, OnceTable } from '../state/once-table.ts'
import { Inventory } from './inventory.ts'
import type { Machine } from './machine.ts'

/** The BE that a machine boots, and why: once only, its own assignment, or the default. */
export interface Assignment {
  be: string
  rule: 'once' | 'machine' | 'default'
}

/** Which machine boots which BE. Machines are named by name or MAC, as for `Inventory.find`. */
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
   * Assigns `be` to `machine`; without a machine, makes it the default of all machines without a BE of their own.
   * On disk when it returns. Does not check that the BE exists.
   * @throws BeError BE_MACHINE_UNKNOWN
   */
  assign(be: string, machine?: string): void {
    for (;;) {
      const mac = machine === undefined ? undefined : this.#inventory.find(machine).mac
      // False: another process removed the machine since `find`, which now throws.
      if (this.#table.put(be, mac)) return
    }
  }

  /**
   * Removes the assignment of a machine, or the default; answers whether there was one.
   * @throws BeError BE_MACHINE_UNKNOWN
   */
  unassign(machine?: string): boolean {
    return this.#table.delete(machine === undefined ? undefined : this.#inventory.find(machine).mac)
  }

  /**
   * `machine` boots `be` at its next boot, until that has come up or its time has run out. `now`: ms since 1970.
   * On disk when it returns.
   * @throws BeError BE_MACHINE_UNKNOWN
   */
  assignOnce(be: string, machine: string, now: number): void {
    while (!this.#onces.put(be, this.#inventory.find(machine).mac, now));
  }

  /**
   * Removes what was to be booted once; answers what it was.
   * @throws BeError BE_MACHINE_UNKNOWN
   */
  unassignOnce(machine: string): OnceRow | undefined {
    const once = this.onceOf(this.#inventory.find(machine).mac)
    return once !== undefined && this.#onces.remove(once) ? once : undefined
  }

  /** A BE that is to be booted once was renamed to `to`, or, without `to`, destroyed. */
  renameOnce(be: string, to: string | undefined): void {
    this.#onces.rename(be, to)
  }

  /** What the machine with this MAC is to boot once. */
  onceOf(mac: string): OnceRow | undefined {
    return this.#onces.get(mac)
  }

  /** What this machine boots next; the default for one that is not in the inventory. */
  assignmentOf(machineOrMac: string): Assignment | undefined {
    const machine = this.#inventory.get(machineOrMac)
    const once = machine && this.onceOf(machine.mac)
    return once === undefined ? this.permanentAssignmentOf(machineOrMac) : { be: once.be, rule: 'once' }
  }

  /** What this machine boots, regardless of what is to be booted once. */
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

  /** The machines that `be` is assigned to, not by default, in order of their names. */
  machinesOf(be: string): Machine[] {
    return this.#table.macsOf(be).flatMap(mac => this.#inventory.get(mac) ?? [])
  }

  /** Uses of `be` that keep it from being destroyed, as text: `assigned to m1`, `the default`. */
  usesOf(be: string): string[] {
    const once = this.#onces.all().filter(row => row.be === be)
    const uses = [
      ...this.machinesOf(be).map(({ name }) => `assigned to ${name}`),
      ...once.map(({ mac }) => `to be booted once by ${this.#inventory.get(mac)?.name}`),
    ]
    return this.defaultBe() === be ? ['the default', ...uses] : uses
  }
}
