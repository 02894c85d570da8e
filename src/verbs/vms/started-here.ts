import { readdir } from 'node:fs/promises'
import type { Lab } from '../../lab/lab.ts'
import { vmRoot } from '../../launch/common/vm/files.ts'

/** The names of all virtual machines that were ever started on this host. */
export const startedHere = ({ stateDir }: Pick<Lab, 'stateDir'>): Promise<string[]> =>
  readdir(vmRoot(stateDir)).catch(() => [])
