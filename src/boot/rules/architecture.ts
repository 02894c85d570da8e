import { BeError } from '../../errors/errors.ts'
import { archTypeName, platformOf } from '../architectures.ts'
import type { Rule } from './rule.ts'

/**
 * A client whose processor or firmware no loader is for is refused by its name, instead of being sent another one's
 * loader. Throws BE_ARCH_TYPE. The default boot environment goes to machines that it is known to be for: one whose
 * processor cannot be read from its kernel and loader goes only where it is assigned to the machine itself. Throws
 * BE_ARCH_UNKNOWN.
 */
export const architecture: Rule = {
  name: 'architecture',
  apply({ client, be, assignedBy }, draft) {
    const { archType: type, arch } = client
    if (type !== undefined && platformOf(type) === undefined) {
      throw new BeError('BE_ARCH_TYPE', `arch ${archTypeName(type)}: no loader for it`, {
        hint: 'be(8) lists the processors and kinds of firmware that can boot',
      })
    }
    if (arch === undefined || be!.arch !== undefined || be!.kind === 'flat') return
    if (assignedBy === 'default') {
      throw new BeError(
        'BE_ARCH_UNKNOWN',
        `the processor of ${be!.name} is not known, and it is only the default`,
        {
          expected: 'a kernel or loader whose header tells it',
          hint: `assign it to the machine: be sharepxe ${be!.name} MACHINE`,
        },
      )
    }
    draft.note('processor', `not known; ${be!.name} is assigned to this machine all the same`)
  },
}
