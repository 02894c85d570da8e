import { readFileSync, rmSync } from 'node:fs'
import { BeError, reason } from '../../../errors/errors.ts'
import { EXIT } from '../../../errors/sysexits.ts'
import { detectPlatform } from '../../../host/platform.ts'
import { run } from '../../../host/run.ts'
import { nodeClock } from '../../../net/node.ts'
import type { VmFiles } from '../vm/files.ts'
import type { VmJob } from '../vm/state.ts'
import { RotatingLog } from './rotating-log.ts'
import { Supervisor } from './supervisor.ts'

/**
 * The program `node main.ts JOB-FILE`, which runs as long as its machine does. SIGTERM and SIGHUP press the power
 * button, SIGINT kills the hypervisor.
 */
const [, , jobFile] = process.argv
const { files, job } = JSON.parse(readFileSync(jobFile!, 'utf8')) as { files: VmFiles; job: VmJob }
rmSync(jobFile!)

/** Limits the log: a guest can make its hypervisor print errors without end. */
const LOG_BYTES = 1 << 20
const log = new RotatingLog(files.log, LOG_BYTES)
const say = (line: string) => log.write(Buffer.from(`${new Date().toISOString()} ${line}\n`))
const supervisor = new Supervisor(files, job, { clock: nodeClock, platform: detectPlatform(), run, say })
for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void supervisor.stop())
process.on('SIGINT', () => void supervisor.stop(true))
// After a programming error no machine may run on without a supervisor.
process.on('uncaughtException', error => {
  say(`defect: ${error.stack}`)
  void supervisor.stop(true)
})

try {
  const { phase } = await supervisor.run()
  process.exitCode = phase === 'off' ? EXIT.ok : EXIT.failed
} catch (error) {
  say(reason(error))
  process.exitCode = error instanceof BeError ? EXIT[error.exit] : EXIT.internal
}
