import { readdirSync, readFileSync } from 'node:fs'

/**
 * Signals a process and, where the system tells them (Linux: proc_pid_task_children(5)), all that it started,
 * as a terminal would: what stands between us and a command in a PID namespace passes no signals on.
 */
export function signalTree(pid: number, signal: NodeJS.Signals): void {
  for (const one of [pid, ...descendants(pid)]) {
    try {
      process.kill(one, signal)
    } catch {
      // gone already
    }
  }
}

/** Parents first; none where there is no such file. */
function descendants(pid: number): number[] {
  const found = childrenOf(pid)
  for (let at = 0; at < found.length; at++) found.push(...childrenOf(found[at]!))
  return found
}

/** Processes that this one started and that have not ended; none where the system does not tell. */
export function childrenOf(pid: number): number[] {
  try {
    const threads = readdirSync(`/proc/${pid}/task`)
    return threads.flatMap(thread =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
    )
  } catch {
    return []
  }
}
