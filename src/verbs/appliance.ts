import type { BootEnvironment } from '../be/be.ts'
import { refuseInstalling } from '../be/installing.ts'
import type { Layout } from '../be/layout.ts'
import { missingToBoot } from '../be/missing.ts'
import { parseBeName } from '../be/name.ts'
import { Lab, type LabOptions } from '../lab/lab.ts'
import { leasedAddress } from '../lab/leased-address.ts'
import type { Effective } from '../lab/settings.ts'
import type { Inventory } from '../machines/inventory.ts'
import { readMac } from '../machines/mac.ts'
import type { Machine } from '../machines/machine.ts'
import type { NfsRoot } from '../nfs/root.ts'
import { notShared } from '../nfs/share-list.ts'
import type { SessionRecord } from '../session/record.ts'
import { type WakeRecord, wake } from '../wol/wol.ts'
import { type SessionOptions, sessionsOf } from './boots/log.ts'
import { assignOnce } from './boots/once.ts'
import { checkMachineAddress } from './machines/address.ts'
import { eachMachine } from './machines/each.ts'
import { recordWake } from './machines/woken.ts'
import { emitText } from './plans/emit.ts'
import { clientAs, type Explanation, explainPlan } from './plans/explain.ts'
import { type ShareOptions, share, unshare } from './shares/share.ts'
import { addressOf } from './vms/plan.ts'
import { switchOn } from './vms/vms.ts'

export const openAppliance = (effective: Effective, ground: LabOptions = {}): Appliance =>
  new Appliance(effective, ground)

/** What each verb of `be` does. */
export class Appliance extends Lab {
  // Boot environments

  #name(text: string): string {
    return parseBeName(text, this.settings['be.parent'])
  }

  async create(text: string, layout: Layout): Promise<{ name: string; path: string }> {
    const made = await this.store.create(this.#name(text), layout, this.dryRun)
    if (this.dryRun) this.say(`would create ${made.path} (${layout})`)
    return made
  }

  // Shares and assignments

  /** Shares one; see sharing.ts. */
  async share(text: string, readOnly?: boolean): Promise<NfsRoot | undefined> {
    return (await this.shareAll([text], { readOnly }))?.[0]
  }

  shareAll(texts: readonly string[], options?: ShareOptions): Promise<NfsRoot[] | undefined> {
    return share(this, texts, options)
  }

  /** Answers the names. */
  async unshare(texts: readonly string[], options?: ShareOptions): Promise<string[]> {
    const names = await unshare(this, texts, options)
    for (const name of this.dryRun ? [] : names) {
      const uses = this.assignments.usesOf(name)
      if (uses.length === 0) continue
      this.say(`${name} is still ${uses.join(', ')}: they cannot boot it before it is shared again`)
    }
    return names
  }

  /** Shares, verifies, and assigns: to these machines, or as the default. */
  async sharepxe(text: string, machines: readonly string[], readOnly?: boolean): Promise<{ be: string }> {
    const found = machines.map(machine => this.inventory.find(machine))
    const be = await this.store.get(this.#name(text))
    await this.share(text, readOnly)
    this.#assign(be, found)
    return { be: be.name }
  }

  /**
   * Assigns, for good or once, then switches each on; `tell` hears of each that was woken. What is unknown or not
   * shared is refused before anything is changed; see eachMachine for those that cannot be switched on.
   */
  async bootpxe(
    text: string,
    machines: readonly string[],
    once = false,
    tell: (woken: WakeRecord) => void = () => {},
  ): Promise<{ be: string; woken: WakeRecord[] }> {
    const found = machines.map(machine => this.inventory.find(machine))
    const be = await this.store.get(this.#name(text))
    refuseInstalling(be)
    if (this.shares.get(be.name) === undefined) {
      throw notShared(be.name, `be sharepxe ${be.name} ${machines.join(' ')}`)
    }
    if (once) assignOnce(this, be, found)
    else this.#assign(be, found)
    const woken: WakeRecord[] = []
    await eachMachine(found, { failed: 'could not be switched on', say: this.say }, async machine => {
      const one = await switchOn(this, machine, be.name)
      if (one === undefined) return
      woken.push(one)
      tell(one)
    })
    return { be: be.name, woken }
  }

  /** All of them or none; without machines it is the default. */
  #assign(be: BootEnvironment, machines: readonly Machine[]): void {
    const names = machines.map(({ name }) => name)
    const whom = names.length === 0 ? [undefined] : names
    if (!this.dryRun) {
      this.database.transaction(() => {
        for (const machine of whom) this.assignments.assign(be.name, machine)
      })
    }
    const who = names.length === 0 ? 'all machines that have no other' : names.join(', ')
    this.say(`${who} ${this.dryRun ? 'would' : 'will'} boot ${be.name}`)
    const missing = missingToBoot(be, 'uefi')
    if (missing !== undefined && missingToBoot(be, 'bios') !== undefined) this.say(missing.line)
  }

  // Machines

  addMachine(given: Parameters<Inventory['add']>[0]): Machine {
    if (given.ip !== undefined) checkMachineAddress(this, given.ip)
    const machine = this.inventory.add(given, this.dryRun)
    if (this.dryRun) this.say(`would add ${machine.name} (${machine.mac})`)
    return machine
  }

  setMachine(name: string, changes: Parameters<Inventory['set']>[1]): Machine {
    if (changes.ip !== undefined) checkMachineAddress(this, changes.ip)
    const machine = this.inventory.set(name, changes, this.dryRun)
    if (this.dryRun) this.say(`would change ${machine.name}`)
    return machine
  }

  machines(): (Machine & { be?: string; rule?: string })[] {
    const { assignments } = this
    return this.inventory.list().map(({ password: _, ...machine }) => ({
      ...machine,
      ...assignments.assignmentOf(machine.mac),
    }))
  }

  removeMachine(name: string): Machine {
    const machine = this.inventory.find(name)
    if (!this.dryRun) return this.inventory.remove(name)
    this.say(`would remove ${machine.name} (${machine.mac})`)
    return machine
  }

  /** Wakes a machine by name, or any MAC. Undefined with -n. */
  async wake(nameOrMac: string, password?: string): Promise<WakeRecord | undefined> {
    const mac = readMac(nameOrMac)
    const machine = mac === undefined ? this.inventory.find(nameOrMac) : this.#known(mac)
    const secret = password ?? machine?.password
    const wanted = machine?.mac ?? mac!
    // It sleeps on the network that it was on; without any word of that, the lab's.
    const ip = machine?.ip ?? (await leasedAddress(this.stateDir, wanted).catch(() => undefined))
    const { server: from, broadcast } = this.labFacts(ip)
    const options = {
      network: this.network,
      from,
      broadcast,
      mac: wanted,
      ...(secret !== undefined && { password: secret }),
    }
    if (this.dryRun) {
      this.say(`would send a magic packet for ${options.mac} to ${options.broadcast} and 255.255.255.255`)
      return undefined
    }
    const woken = await wake(options)
    recordWake(this, machine?.mac ?? woken.mac)
    const to = woken.sent.filter(({ error }) => error === undefined)
    const detail = { to: to.map(({ address, port }) => `${address}:${port}`).join(',') }
    this.sessionLog.emit({ event: 'wol:sent', mac: woken.mac, detail })
    await this.sessionLog.flush()
    return woken
  }

  /** A MAC can be woken whatever state the inventory is in. */
  #known(mac: string): Machine | undefined {
    try {
      return this.inventory.get(mac)
    } catch {
      return undefined
    }
  }

  // What would happen, what has happened

  async explain(nameOrMac: string, as: string): Promise<Explanation> {
    const mac = readMac(nameOrMac) ?? this.inventory.find(nameOrMac).mac
    const client = clientAs(as, mac)
    const address = await addressOf(this, mac)
    if (address !== undefined) client.ip = address
    return explainPlan(await this.planner.plan(client), address ?? 'one of the pool')
  }

  emit(kind: string, text: string, machine?: string): Promise<string> {
    return emitText(this, kind, this.#name(text), machine)
  }

  /** What happened, of one machine only, if given; see sessions.ts. */
  sessions(machine: string | undefined, options: SessionOptions): AsyncGenerator<SessionRecord> {
    return sessionsOf(this, machine, options)
  }
}
