import { escapeOctal, unescapeOctal } from '../../host/octal.ts'
import { COMMENTED_OUT } from '../prepare/marks.ts'
import { editInside } from '../tree/edit.ts'

/** The full names of a boot environment: its path, and its data set if it has one. */
export type FullNames = readonly string[]

/**
 * Edits etc/fstab of a clone or of a renamed boot environment: sources at or below one of the names `from` get the
 * name `to`. Otherwise the clone would mount the original's file systems. Throws BE_TREE_TEXT, BE_FILE_….
 */
export const retarget = (tree: string, from: FullNames, to: FullNames): Promise<void> =>
  editInside(tree, 'etc/fstab', text => text && retargetFstab(text, from, to))

const LINE = new RegExp(`^((?:${COMMENTED_OUT})?\\s*)([^\\s#]\\S*)(.*)$`)

/**
 * `from` and `to` are in the same order. Only the first field of a line is changed; comments are left alone except lines
 * that be prepare commented out, which --undo restores.
 */
export const retargetFstab = (text: string, from: FullNames, to: FullNames): string =>
  text
    .split('\n')
    .map(line => {
      const [, lead, source, rest] = LINE.exec(line) ?? []
      return source === undefined ? line : `${lead}${renamed(source, from, to)}${rest}`
    })
    .join('\n')

/** Renames one source: `192.168.2.1:/ROOT/a/tmp`, `zroot/ROOT/a/tmp`. */
function renamed(source: string, from: FullNames, to: FullNames): string {
  const [, server = '', path = ''] = /^([^/]*:)?(.*)$/s.exec(unescapeOctal(source)) ?? []
  const index = from.findIndex(name => path === name || path.startsWith(`${name}/`))
  return index < 0 ? source : escapeOctal(server + to[index] + path.slice(from[index]!.length))
}
