import { reason } from '../../errors/errors.ts'
import type { Child } from '../../host/child.ts'
import type { Platform } from '../../host/platform.ts'
import type { Run } from '../../host/run.ts'
import { connectLocal } from '../../net/local-socket.ts'
import type { LaunchPlan } from './launch.ts'
import { runCommand } from './run-command.ts'

interface Ground {
  run: Run
  platform: Platform
  say: (line: string) => void
}

/** Presses the power button of a running machine; without one the plug is pulled. Never throws. */
export async function pressButton(
  child: Child,
  powerOff: LaunchPlan['powerOff'],
  ground: Ground,
): Promise<void> {
  try {
    if (powerOff === undefined) child.signal('SIGTERM')
    else if ('argv' in powerOff) await runCommand(powerOff, ground)
    else await sendTo(powerOff.socket, powerOff.text)
  } catch (error) {
    ground.say(`no power button: ${reason(error)}`)
    child.kill()
  }
}

async function sendTo(socket: string, text: string): Promise<void> {
  const connection = await connectLocal(socket)
  connection.write(Buffer.from(text))
  connection.close()
}
