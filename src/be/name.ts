import { BeError } from '../errors/errors.ts'

/** ZFS_MAX_DATASET_NAME_LEN without the NUL (OpenZFS, include/sys/fs/zfs.h). */
const MAX_LENGTH = 255

/**
 * One component: what ZFS allows (module/zcommon/zfs_namecheck.c) except blanks, which exports(5) of older releases
 * cannot express, and `%`. A leading `-` would be taken for an option; names with a leading `.` are hidden (below).
 */
const COMPONENT = /^[A-Za-z0-9_:][A-Za-z0-9_.:-]*$/

/**
 * Prefixes of hidden names, which no BE can have: of one that is being made, and of one that is being destroyed. Both
 * stores remove hidden ones whose process has ended.
 */
export const STAGING_PREFIX = '.new-'
export const DESTROYING_PREFIX = '.gone-'

/** Whether `name` alone can be the name of a BE. */
export const isBeName = (name: string): boolean => name.length <= MAX_LENGTH && COMPONENT.test(name)

/**
 * The name of the BE that `text` means: `test`, or `bd/be/test` as zfs(8) writes it. If `parent` (`bd/be`) is
 * configured, the prefix must be that one; else any is accepted.
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
    })
  }
  const full = [prefix || parent, name].filter(Boolean).join('/')
  if (full.length > MAX_LENGTH) {
    throw new BeError('BE_NAME_TOO_LONG', `the name ${full.slice(0, 40)}… has ${full.length} characters`, {
      expected: `at most ${MAX_LENGTH}, parent included`,
    })
  }
  return name
}

/**
 * Returns `name` if it is a plain name, without a parent.
 * @throws BeError BE_NAME_INVALID
 */
export function checkBeName(name: string): string {
  if (isBeName(name)) return name
  throw invalid(name, 'one name of letters, digits, _ . : and -, the first no . or -')
}

const invalid = (text: string, expected: string) =>
  new BeError('BE_NAME_INVALID', `${JSON.stringify(text.slice(0, 80))} names no boot environment`, {
    expected,
  })
