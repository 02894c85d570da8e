import { change, type Step, undoAll } from '../../host/change.ts'
import { MACHINE_ID_FILES } from '../system/machine-id.ts'
import type { TreeFiles } from '../tree/steps.ts'
import { SAVED_SUFFIX } from './marks.ts'

type Kind = keyof typeof MACHINE_ID_FILES

/** The steps that move the machine's ids away, so that each machine that boots the tree makes its own. */
export const saveMachineId = (kind: Kind, files: TreeFiles): Promise<Step[]> => each(kind, files, save)

/** The steps that move them back; none when none were moved away. */
export const restoreMachineId = (kind: Kind, files: TreeFiles): Promise<Step[]> => each(kind, files, restore)

type Move = (kind: Kind, path: string, files: TreeFiles) => Promise<Step[]>

const each = async (kind: Kind, files: TreeFiles, move: Move): Promise<Step[]> =>
  (await Promise.all(MACHINE_ID_FILES[kind].map(path => move(kind, path, files)))).flat()

const save: Move = async (kind, path, files) => {
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

const restore: Move = async (_, path, files) => {
  if (!files.has(path + SAVED_SUFFIX)) return []
  return [...(await files.write(path, undefined)), ...files.move(path + SAVED_SUFFIX, path)]
}
