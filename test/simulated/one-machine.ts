import assert from 'node:assert/strict'
import { sharePxe } from '../../src/verbs/boots/sharepxe.ts'
import { type MachineStatus, machineStatus } from '../../src/verbs/boots/status.ts'
import { addMachine } from '../../src/verbs/machines/add.ts'
import { temporaryDirectory } from '../support/temporary.ts'
import { callBackOf, freebsdLoader, LOADER, OVMF, reportUp, SimMachine, type Variables } from './clients.ts'
import { SimSite } from './site.ts'

export const MAC = '52:54:00:12:34:56'
export const SECOND = '52:54:00:12:34:57'
export const MINUTE = 60_000

/** A site with the machine m1, which is to boot fb14. */
export class OneMachine {
  readonly #tmp = temporaryDirectory()
  site!: SimSite
  machine!: SimMachine

  /** In a suite: stops the site after each test. */
  constructor() {
    afterEach(async () => {
      await this.site.stop()
      await this.pass(100)
      assert.equal(this.site.net.clock.pending, 0, 'no timer left')
    })
  }

  async start(flags: Parameters<typeof SimSite.start>[1] = {}): Promise<void> {
    this.site = await SimSite.start(this.#tmp.path, flags)
    addMachine(this.site.lab, { name: 'm1', mac: MAC })
    await this.run(sharePxe(this.site.lab, { name: 'fb14', machines: ['m1'] }))
    this.machine = new SimMachine(this.site.net, MAC)
  }

  readonly run = <T>(goal: Promise<T>): Promise<T> => this.site.run(goal)
  readonly pass = (ms: number): Promise<void> => this.site.net.clock.advance(ms)

  /** Firmware up to its loader; the kernel's environment. */
  readonly boot = async (who = this.machine): Promise<Variables> => {
    await this.firmware(who)
    return this.run(freebsdLoader(who, LOADER))
  }

  readonly firmware = async (who = this.machine): Promise<void> => {
    const ack = await this.run(who.dhcp(OVMF))
    await this.run(who.ovmfFetch(ack.siaddr, ack.file))
  }

  readonly up = (who: SimMachine, variables: Variables, beats = false) =>
    this.run(reportUp(who, callBackOf(variables), beats))

  readonly boots = () => this.site.lab.assignments.assignmentOf('m1')
  readonly status = (): MachineStatus => machineStatus(this.site.lab, { machine: 'm1' }).machines[0]!
}
