import { mapLimited } from '../../host/queue.ts'
import type { Run } from '../../host/run.ts'
import type { Clock, Timer } from '../../net/net.ts'
import type { Boot } from '../../session/boots.ts'
import type { Emit } from '../../session/event.ts'
import { lifeOf } from '../../session/life.ts'

/** Between two rounds (ms): a management controller answers a few times a second at most. */
const EVERY_MS = 30_000
/** Of one command (ms). */
const LIMIT_MS = 10_000
/** Commands at a time. */
const MOST = 4

export interface PowerWatchOptions {
  clock: Clock
  emit: Emit
  run: Run
  /** The boots of all machines; the service's own, which a report changes. */
  boots(): Iterable<Boot>
  /** The command that tells whether the machine with this MAC is on: an argument vector; undefined: it has none. */
  statusCommand(mac: string): readonly string[] | undefined
}

/** Asks management controllers whether machines that came up are on, and emits `os:down` for those that are off. */
export class PowerWatch {
  readonly #options: PowerWatchOptions
  #timer: Timer | undefined
  #stopped = false

  constructor(options: PowerWatchOptions) {
    this.#options = options
  }

  start(): void {
    if (this.#stopped) return
    this.#timer = this.#options.clock.timer(EVERY_MS, () => void this.#round().then(() => this.start()))
  }

  stop(): void {
    this.#stopped = true
    this.#timer?.cancel()
  }

  async #round(): Promise<void> {
    const { boots, statusCommand } = this.#options
    const asked = [...boots()].flatMap(boot => {
      const life = lifeOf(boot)
      const argv = life === undefined || life.state === 'down' ? undefined : statusCommand(boot.mac)
      return argv === undefined ? [] : [{ boot, argv }]
    })
    await mapLimited(asked, MOST, ({ boot, argv }) => this.#ask(boot, argv))
  }

  /** A command that fails, or says neither on nor off, says nothing. */
  async #ask(boot: Boot, argv: readonly string[]): Promise<void> {
    const { emit, run } = this.#options
    const began = boot.began
    const said = await run([...argv], { timeoutMs: LIMIT_MS }).then(
      ({ stdout }) => stdout,
      () => '',
    )
    if (this.#stopped || !isOff(said) || boot.began !== began || lifeOf(boot)?.state === 'down') return
    const detail = { by: 'power' }
    emit({ event: 'os:down', mac: boot.mac, stage: 'os', be: boot.be, detail })
  }
}

/** As ipmitool(1) prints it: `Chassis Power is off`. */
export const isOff = (text: string): boolean => /\boff\b/i.test(text) && !/\bon\b/i.test(text)
