import { BeError } from '../errors/errors.ts'

/** ZFS_MAX_DATASET_NAME_LEN less its NUL (OpenZFS, include/sys/fs/zfs.h). */
const LONGEST = 255

/**
 * One component: what ZFS takes (zfs-name restrictions in module/zcommon/zfs_namecheck.c) less blanks,
 * which exports(5) of older releases cannot spell, and `%`. A leading `-` would be an option, a leading
 * `.` is hidden: the directory store keeps unfinished ones there.
 */
const COMPONENT = /^[A-Za-z0-9_:][A-Za-z0-9_.:-]*$/

/** Whether `name` alone can be the name of a BE. */
export const isBeName = (name: string): boolean => name.length <= LONGEST && COMPONENT.test(name)

/**
 * The BE that `text` names: `test`, or `bd/be/test` as zfs(8) spells it. With `parent` (`bd/be`)
 * configured, a prefix must be that one; without, any is taken.
 * @throws BeError BE_NAME_INVALID, BE_NAME_TOO_LONG, BE_NAME_PARENT
 */
export function parseBeName(text: string, parent?: string): string {
  const parts = text.split('/')
  const name = parts.at(-1)!
  if (text.startsWith('/')) throw invalid(text, 'a name, not a path')
  if (/[@#]/.test(text)) throw invalid(text, 'a boot environment, not a snapshot or bookmark')
  if (!parts.every(part => COMPONENT.test(part))) {
    throw invalid(text, 'letters, digits, _ . : and -, the first no . or -')
  }
  const prefix = parts.slice(0, -1).join('/')
  if (prefix !== '' && parent !== undefined && prefix !== parent) {
    throw new BeError('BE_NAME_PARENT', `${text} does not lie in ${parent}`, {
      expected: `${name} or ${parent}/${name}`,
      hint: 'or configure another be.parent',
      exit: 'usage',
    })
  }
  const full = [prefix || parent, name].filter(Boolean).join('/')
  if (full.length > LONGEST) {
    throw new BeError('BE_NAME_TOO_LONG', `the name ${full.slice(0, 40)}… has ${full.length} characters`, {
      expected: `at most ${LONGEST}, parent included`,
      exit: 'usage',
    })
  }
  return name
}

/**
 * A plain name, without a parent.
 * @throws BeError BE_NAME_INVALID
 */
export function checkBeName(name: string): string {
  if (isBeName(name)) return name
  throw invalid(name, 'one name of letters, digits, _ . : and -, the first no . or -')
}

const invalid = (text: string, expected: string) =>
  new BeError('BE_NAME_INVALID', `${JSON.stringify(text.slice(0, 80))} names no boot environment`, {
    expected,
    exit: 'usage',
  })
