import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

if (process.platform === 'linux') {
  describe('Wake-on-LAN on a real interface', () => {
    it('sends four datagrams from the lab address, without a default route', () => {
      const namespace = process.geteuid?.() === 0 ? '--net' : '--map-root-user'
      const script = fileURLToPath(new URL('./real-interface.ts', import.meta.url))
      const output = execFileSync('unshare', ['--net', namespace, process.execPath, script], {
        encoding: 'utf8',
        timeout: 15_000,
      })
      const { sent, arrived } = JSON.parse(output) as {
        sent: { error?: string }[]
        arrived: { port: number; from: string; hex: string }[]
      }
      assert.deepEqual(
        sent.map(({ error }) => error),
        [undefined, undefined, undefined, undefined],
      )
      assert.deepEqual(arrived.map(({ port }) => port).sort(), [7, 7, 9, 9])
      for (const { from, hex } of arrived) {
        assert.equal(from, '192.168.2.1')
        assert.equal(hex, `${'ff'.repeat(6)}${'020102030405'.repeat(16)}`)
      }
    })
  })
}
