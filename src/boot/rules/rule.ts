import type { Draft } from '../draft.ts'
import type { PlanInput } from '../plan-input.ts'

/** One step of a boot plan. */
export interface Rule {
  /** The name of its file, as `be explain` and the log show it. */
  name: string
  /**
   * Reads the input and what earlier rules decided, and adds its own part to the draft. Answers `stop` when the
   * plan is complete; throws a BeError when this client cannot boot.
   */
  apply(input: PlanInput, draft: Draft): 'stop' | undefined
}
