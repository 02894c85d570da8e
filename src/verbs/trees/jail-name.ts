import { BeError } from '../../errors/errors.ts'
import { type JailOption, jailName, jailParameters } from '../../launch/common/tree/jail-parameters.ts'
import { type JailsLab, runningJails } from './find-jail.ts'
import type { TreeUsers } from './tree-record.ts'

/**
 * FreeBSD: the name of one more jail, which no other has: be_BE, be_BE_2, be_BE_3 and so on, unless -o names it. Undefined on
 * Linux. Throws BE_JAILED for a name of -o that a jail has.
 */
export async function freeJailName(
  lab: JailsLab,
  be: string,
  options: readonly JailOption[],
  { processes }: TreeUsers,
): Promise<string | undefined> {
  if (lab.effective.platform === 'linux') return undefined
  const all = await runningJails(lab)
  const base = jailName(be)
  const wanted = jailParameters(be, '/', options).get('name')!
  if (wanted !== base) {
    const other = all.find(({ name }) => name === wanted)
    if (other === undefined) return wanted
    throw new BeError('BE_JAILED', `there is a jail ${wanted} already (jid ${other.id})`, {
      hint: 'take another name with -o name=NAME, or none',
    })
  }
  const taken = new Set([...all.map(({ name }) => name), ...processes.map(({ jail }) => jail)])
  for (let at = 2, name = base; ; name = `${base}_${at++}`) if (!taken.has(name)) return name
}
