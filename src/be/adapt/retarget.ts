import { escapeOctal, unescapeOctal } from '../../host/octal.ts'
import { COMMENTED_OUT } from '../prepare/marks.ts'
import { editInside } from '../tree/edit.ts'

/** What a boot environment is called in places that name it whole: its path, its data set. */
export type FullNames = readonly string[]

/**
 * etc/fstab of a clone, or of one that was renamed: where it mounts from what the original is called, or from
 * below, it names the new one. The clone would else run on the original's file systems.
 */
export const retarget = (tree: string, from: FullNames, to: FullNames): Promise<void> =>
  editInside(tree, 'etc/fstab', text => text && retargetFstab(text, from, to))

const LINE = new RegExp(`^((?:${COMMENTED_OUT})?\\s*)([^\\s#]\\S*)(.*)$`)

/**
 * `from` and `to` in the same order. Comments stay as they are, but for lines that be prepare took out, which
 * --undo puts back; and what is after the first field.
 */
export const retargetFstab = (text: string, from: FullNames, to: FullNames): string =>
  text
    .split('\n')
    .map(line => {
      const [, lead, source, rest] = LINE.exec(line) ?? []
      return source === undefined ? line : `${lead}${renamed(source, from, to)}${rest}`
    })
    .join('\n')

/** `192.168.2.1:/ROOT/a/tmp`, `zroot/ROOT/a/tmp`. */
function renamed(source: string, from: FullNames, to: FullNames): string {
  const [, server = '', path = ''] = /^([^/]*:)?(.*)$/s.exec(unescapeOctal(source)) ?? []
  const index = from.findIndex(name => path === name || path.startsWith(`${name}/`))
  return index < 0 ? source : escapeOctal(server + to[index] + path.slice(from[index]!.length))
}
