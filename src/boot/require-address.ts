import { BeError } from '../errors/errors.ts'
import type { PlanInput } from './plan-input.ts'

/**
 * MAC and IP address of the machine, for a text that must hold them: without them FreeBSD's kernel ends at its
 * mountroot prompt. Throws BE_MACHINE_ADDRESS.
 */
export function requireAddress({ client, machine, be }: PlanInput): { mac: string; ip: string } {
  if (machine !== undefined && client.ip !== undefined) return { mac: client.mac, ip: client.ip }
  throw new BeError(
    'BE_MACHINE_ADDRESS',
    machine === undefined ? 'no machine named' : `${machine.name} has no address yet`,
    {
      expected: 'a machine with an address: the kernel takes MAC and address from this text',
      hint:
        machine === undefined
          ? `add --machine NAME (be emit … ${be!.name} --machine NAME)`
          : 'give it one: be machine add --ip, or let it boot once',
    },
  )
}
