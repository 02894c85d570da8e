import { BeError } from '../errors/errors.ts'
import type { Launch } from './common/launch.ts'

/** A physical machine, switched on by its power command or else by Wake-on-LAN. Its firmware boots it. */
export const metal: Launch = {
  plan({ be, machine }) {
    if (machine === undefined) {
      throw new BeError('BE_MACHINE_NEEDED', 'no machine named', {
        expected: 'the machine to switch on',
        hint: `be emit metal ${be.name} --machine NAME`,
      })
    }
    const power = machine.hardware?.power
    return {
      launch: 'metal',
      be: be.name,
      machine: machine.name,
      before: [],
      main:
        power === undefined
          ? { what: `wake ${machine.name}`, argv: ['be', 'wol', machine.name] }
          : { what: `switch ${machine.name} on`, argv: power },
    }
  },
}
