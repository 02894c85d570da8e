import { LAUNCH_TEXTS } from '../boot/launch.ts'
import type { PlanInput } from '../boot/plan.ts'
import { BeError } from '../errors.ts'
import { notShared } from '../nfs/model.ts'
import { MACHINE_LAUNCHES } from './vm-plan.ts'

/** What `be emit` prints. */
export const EMIT_KINDS = [...Object.keys(LAUNCH_TEXTS), 'exports', ...Object.keys(MACHINE_LAUNCHES)]

/** Throws BE_EMIT_KIND. */
export function checkKind(kind: string): void {
  if (!EMIT_KINDS.includes(kind)) throw unknownKind(kind)
}

/** The text of one kind. Throws BE_EMIT_KIND, the problem of the input, and what the text itself throws. */
export function launchText(kind: string, input: PlanInput): string {
  const render = LAUNCH_TEXTS[kind]
  if (render === undefined) throw unknownKind(kind)
  if (input.problem !== undefined) throw input.problem
  if (input.root === undefined) throw notShared(input.be!.name)
  return render(input)
}

const unknownKind = (kind: string): BeError =>
  new BeError('BE_EMIT_KIND', `nothing called ${kind} to emit`, {
    expected: EMIT_KINDS.join(', '),
    exit: 'usage',
  })
