import { accessSync, constants } from 'node:fs'

/** Whether this process may use a file; by default, read and write it. */
export function mayUse(path: string, mode = constants.R_OK | constants.W_OK): boolean {
  try {
    accessSync(path, mode)
    return true
  } catch {
    return false
  }
}
