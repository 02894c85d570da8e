import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { reason } from '../../errors/errors.ts'
import { visible } from '../../errors/visible.ts'
import type { Lab } from '../../lab/lab.ts'
import type { Emit } from '../../session/event.ts'

/** Where boots that could not be read are kept: one JSON object a line, `{"machine", "text"}`. */
export const damagedFile = (stateDir: string): string => join(stateDir, 'boots.damaged')

/**
 * Takes boots that cannot be read out of the state, so that the others are served, and emits `boot:damaged` for each. If the
 * copy cannot be written they stay in the state, where they count as absent. Throws the errors of `Database`.
 */
export function setAsideDamaged({ boots, stateDir }: Pick<Lab, 'boots' | 'stateDir'>, emit: Emit): void {
  const damaged = boots.damaged()
  if (damaged.length === 0) return
  const file = damagedFile(stateDir)
  let kept: string
  try {
    appendFileSync(file, damaged.map(row => `${JSON.stringify(row)}\n`).join(''), { mode: 0o640 })
    boots.forget(damaged.map(({ machine }) => machine))
    kept = file
  } catch (error) {
    kept = `nowhere: ${reason(error)}`
  }
  for (const { machine, text } of damaged) {
    const detail = { why: `its last boot cannot be read: ${visible(text.slice(0, 80))}`, kept }
    emit({ event: 'boot:damaged', level: 'warn', mac: machine, detail })
  }
}
