import { reason } from '../../../errors/errors.ts'
import type { Child } from '../../../host/child.ts'
import { connectLocal } from '../../../net/local-socket.ts'
import type { LaunchPlan } from '../launch.ts'
import { runCommand, type StepContext } from '../steps.ts'

/** Presses the power button of a running machine. If that fails the hypervisor is killed. Never throws. */
export async function pressPowerButton(
  child: Child,
  powerOff: LaunchPlan['powerOff'],
  context: StepContext & { say: (line: string) => void },
): Promise<void> {
  try {
    if (powerOff === undefined) child.signal('SIGTERM')
    else if ('argv' in powerOff) await runCommand(powerOff, context)
    else await sendTo(powerOff.socket, powerOff.text)
  } catch (error) {
    context.say(`no power button: ${reason(error)}`)
    child.kill()
  }
}

async function sendTo(socket: string, text: string): Promise<void> {
  const connection = await connectLocal(socket)
  connection.write(Buffer.from(text))
  connection.close()
}
