import { BeError } from '../../errors/errors.ts'

/** A variable of FreeBSD's loader; the kernel gets all of them in its environment, kenv(1). */
export type Variable = [name: string, value: string]

/** Reads the `name=value` items of boot.loader. */
export const parseVariables = (pairs: readonly string[]): Variable[] =>
  pairs.map(pair => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)])

/** The setting that a variable of ours comes from; all others come from boot.loader. */
const SETTINGS: Record<string, string> = {
  rootpath: 'the name of the boot environment',
  'nbe.be': 'the name of the boot environment',
  'boot.nfsroot.nfshandle': 'boot.handoff',
}

/** BE_VARIABLE: the variable cannot be written in the form in which this loader takes it. */
export const variableError = (name: string, expected: string): BeError =>
  new BeError('BE_VARIABLE', `loader variable ${name}`, {
    expected,
    hint: `change ${SETTINGS[name] ?? 'boot.loader'}`,
  })

/** `X` + lower-case hex + `X`, as the loader writes a file handle and the kernel reads it (sys/nfs/nfs_diskless.c). */
export const handleText = (handle: Buffer): string => `X${handle.toString('hex')}X`
