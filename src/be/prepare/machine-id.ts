import { change, type Step, undoAll } from '../../host/change.ts'
import { MACHINE_ID_FILE } from '../system/machine-id.ts'
import type { TreeFiles } from '../tree/steps.ts'
import { SAVED_SUFFIX } from './marks.ts'

type Kind = keyof typeof MACHINE_ID_FILE

/** The steps that move the machine's id away, so that each machine that boots the tree makes its own. */
export async function saveMachineId(kind: Kind, files: TreeFiles): Promise<Step[]> {
  const path = MACHINE_ID_FILE[kind]
  const text = await files.read(path)
  if (text === undefined || text.trim() === '') return []
  const away = files.has(path + SAVED_SUFFIX)
    ? await files.write(path, undefined)
    : files.move(path, path + SAVED_SUFFIX)
  if (kind === 'freebsd') return away
  // machine-id(5): with an empty file systemd makes an id of its own at each boot.
  let steps: Step[] = []
  const empty: Step = {
    what: `leave ${path} empty`,
    apply: async () => {
      steps = await files.write(path, '')
      await change(steps)
    },
    undo: async () => {
      const [failure] = await undoAll(steps)
      if (failure !== undefined) throw new Error(failure)
    },
  }
  return [...away, empty]
}

/** The steps that move it back; none when none was moved away. */
export async function restoreMachineId(kind: Kind, files: TreeFiles): Promise<Step[]> {
  const path = MACHINE_ID_FILE[kind]
  if (!files.has(path + SAVED_SUFFIX)) return []
  return [...(await files.write(path, undefined)), ...files.move(path + SAVED_SUFFIX, path)]
}
