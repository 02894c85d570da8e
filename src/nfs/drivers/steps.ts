import type { Step } from '../../host/change.ts'
import type { Host } from '../../host/host.ts'

/** Applies steps in order; when one fails, those before it are kept. */
export async function applySteps(steps: readonly Step[]): Promise<void> {
  for (const step of steps) await step.apply?.()
}

/** A command for a person, with the host's name when it is not this one. */
export const onHost = ({ local, name }: Pick<Host, 'local' | 'name'>, command: string): string =>
  local ? command : `${name}: ${command}`
