import { readdirSync, readFileSync } from 'node:fs'

/**
 * Signals a process and, on Linux (proc_pid_task_children(5)), all its descendants, as a terminal would: unshare(1) and
 * nsenter(1), between this process and a command in a PID namespace, do not forward signals.
 */
export function signalTree(pid: number, signal: NodeJS.Signals): void {
  for (const one of [pid, ...descendants(pid)]) {
    try {
      process.kill(one, signal)
    } catch {
      // it has ended
    }
  }
}

/** Parents first; none where the system has no such file. */
function descendants(pid: number): number[] {
  const found = childrenOf(pid)
  for (let at = 0; at < found.length; at++) found.push(...childrenOf(found[at]!))
  return found
}

/** The running child processes of a process; none where the system has no such file. */
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
