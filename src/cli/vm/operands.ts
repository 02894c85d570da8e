import { BeError } from '../../errors/errors.ts'

interface Given {
  all?: boolean
  /** Exactly one machine is allowed, since it gets this terminal. */
  single?: boolean
}

/** The named machines; none with --all. Throws BE_USAGE. */
export function operands(names: string[], { all = false, single = false }: Given): string[] {
  const wrong = problem(names.length, all, single)
  if (wrong === undefined) return names
  throw new BeError('BE_USAGE', wrong, {
    expected: single ? 'one machine' : 'machines, or --all',
  })
}

function problem(count: number, all: boolean, single: boolean): string | undefined {
  if (all && count > 0) return 'machines are named beside --all'
  if (!all && count === 0) return 'no machine named'
  return single && count !== 1 ? 'only one terminal here' : undefined
}
