import assert from 'node:assert/strict'
import { join } from 'node:path'
import { startChild } from '../../../../src/host/child.ts'
import { QmpWatch } from '../../../../src/launch/common/supervisor/qmp.ts'
import { type LocalConnection, listenLocal } from '../../../../src/net/local-socket.ts'
import { nodeClock } from '../../../../src/net/node.ts'
import { ensurePackages } from '../../../support/packages.ts'
import { temporaryDirectory } from '../../../support/temporary.ts'

describe('launch/common/supervisor/qmp', function () {
  this.timeout(120_000)
  const tmp = temporaryDirectory()
  let watch: QmpWatch | undefined
  afterEach(() => watch?.stop())

  /** Resolves with the states that are told, when there are so many. */
  function states(socket: string, count: number): Promise<string[]> {
    return new Promise(done => {
      const told: string[] = []
      const onStatus = (status: string) => {
        if (told.push(status) === count) done(told)
      }
      watch = new QmpWatch({ socket, clock: nodeClock, onStatus })
      void watch.start()
    })
  }

  it('asks for the state at first and at each stop, across pieces, garbage and other events', async () => {
    const socket = join(tmp.path, 'qmp')
    const told = states(socket, 3)
    const statuses = ['running', 'paused', 'internal-error']
    const asked: string[] = []
    const answer = (connection: LocalConnection, text: string) => {
      for (const line of text.trim().split('\n')) {
        asked.push(JSON.parse(line).execute)
        if (asked.at(-1) !== 'query-status') {
          connection.write(Buffer.from('{"return": {}}\r\n'))
          continue
        }
        const status = statuses[asked.length - 2]
        connection.write(Buffer.from(`{"return": {"running": false, "sta`))
        connection.write(
          Buffer.from(`tus": "${status}"}}\r\nnull\r\n{]\r\n{"event": "RESUME"}\r\n{"event": "STOP"}\r\n`),
        )
      }
    }
    const server = await listenLocal(socket, connection => {
      connection.onData(data => answer(connection, String(data)))
      connection.write(Buffer.from('{"QMP": {"version": {}, "capabilities": []}}\r\n'))
    })
    try {
      assert.deepEqual(await told, statuses)
      assert.equal(asked[0], 'qmp_capabilities')
    } finally {
      server.close()
    }
  })

  it('QEMU itself answers, also when it listens later than the first attempt', async () => {
    await ensurePackages(['qemu-system-x86'])
    const socket = join(tmp.path, 'qmp')
    const told = states(socket, 1)
    const argv = ['qemu-system-x86_64', '-machine', 'none', '-nodefaults', '-display', 'none']
    const child = await startChild([...argv, '-qmp', `unix:${socket},server=on,wait=off`], {
      output() {},
      error() {},
    })
    try {
      assert.deepEqual(await told, ['running'])
    } finally {
      child.kill()
      await child.ended
    }
  })

  it('that is stopped before it is connected ends', async () => {
    watch = new QmpWatch({ socket: join(tmp.path, 'none'), clock: nodeClock, onStatus() {} })
    const started = watch.start()
    watch.stop()
    await started
  })
})
