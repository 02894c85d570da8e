import { type Variable, variableError } from '../variables/variable.ts'

/**
 * Variables as a loader.conf(5). A quote ends a value there, and the loaders in Forth and in Lua read
 * backslashes, dollars and non-ASCII characters differently. A root path with such characters is left out: the
 * kernel mounts by the file handle (sys/nfs/nfs_diskless.c). Throws BE_VARIABLE.
 */
export const loaderConf = (variables: readonly Variable[]): string =>
  variables
    .filter(([name, value]) => name !== 'boot.nfsroot.path' || isPlain(value))
    .map(([name, value]) => {
      if (isPlain(value)) return `${name}="${value}"\n`
      throw variableError(name, 'printable ASCII characters other than quotes, backslashes and dollars')
    })
    .join('')

const isPlain = (value: string): boolean => /^[\x20-\x7e]*$/.test(value) && !/["\\$]/.test(value)
