import { readFileSync, rmSync } from 'node:fs'
import { BeError, EXIT, reason } from '../../../errors/errors.ts'
import { detectPlatform } from '../../../host/platform.ts'
import { run } from '../../../host/run.ts'
import { nodeClock } from '../../../net/node.ts'
import type { VmFiles, VmJob } from '../vm/state.ts'
import { RotatingLog } from './rotating-log.ts'
import { Supervisor } from './supervisor.ts'

/**
 * The program that outlives `be` for as long as its machine runs: `node supervisor.ts JOB-FILE`. SIGTERM presses
 * the power button, SIGINT pulls the plug.
 */
const [, , jobFile] = process.argv
const { files, job } = JSON.parse(readFileSync(jobFile!, 'utf8')) as { files: VmFiles; job: VmJob }
rmSync(jobFile!)

/** What a guest can make its hypervisor complain of has no end. */
const LOG_BYTES = 1 << 20
const log = new RotatingLog(files.log, LOG_BYTES)
const say = (line: string) => log.write(Buffer.from(`${new Date().toISOString()} ${line}\n`))
const supervisor = new Supervisor(files, job, { clock: nodeClock, platform: detectPlatform(), run, say })
for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void supervisor.stop())
process.on('SIGINT', () => void supervisor.stop(true))
// Even a defect of ours shall leave no machine behind that nobody looks after.
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
