import { type Command, Option } from 'commander'

export interface Rights {
  ro?: boolean
  rw?: boolean
}

/** Adds `--ro` and `--rw`, at most one of which may be given. */
export const rights = (verb: Command): Command =>
  verb
    .addOption(new Option('--ro', 'read-only').conflicts('rw'))
    .addOption(new Option('--rw', 'writable').conflicts('ro'))

/** Undefined where neither is given. */
export const readOnly = ({ ro, rw }: Rights): boolean | undefined => (ro ? true : rw ? false : undefined)
