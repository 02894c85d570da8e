import { readFileSync } from 'node:fs'

/**
 * Files and sockets that this process may have open (RLIMIT_NOFILE of getrlimit(2)); Node has raised it as far as it may.
 * Undefined: there is no limit, or it cannot be found out.
 */
export function descriptorLimit(): number | undefined {
  const limit = Number(fromProc() ?? fromReport())
  return Number.isSafeInteger(limit) ? limit : undefined
}

/** Linux: proc_pid_limits(5). */
function fromProc(): string | undefined {
  try {
    return /^Max open files +(\S+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1]
  } catch {
    return undefined
  }
}

/** Elsewhere: the diagnostic report of Node. */
function fromReport(): unknown {
  Object.assign(process.report, { excludeNetwork: true }) // or it looks up names
  const { userLimits } = process.report.getReport() as { userLimits?: { open_files?: { soft?: unknown } } }
  return userLimits?.open_files?.soft
}
