import assert from 'node:assert/strict'
import type { BootPlan } from '../../../src/boot/boot-plan.ts'
import { BeError } from '../../../src/errors/errors.ts'
import { CLIENT_KINDS, clientAs } from '../../../src/verbs/plans/client.ts'
import { explainPlan } from '../../../src/verbs/plans/explain.ts'
import { beError } from '../../support/errors.ts'

const MAC = '52:54:00:00:00:01'
const PLAN: BootPlan = {
  client: { ...clientAs('uefi', MAC) },
  machine: 'm1',
  be: 'fb14',
  handoff: 'nfs',
  reply: {
    siaddr: '192.168.77.1',
    file: 'be/fb14/boot/loader.efi',
    options: [
      [1, Buffer.from([255, 255, 255, 0])],
      [17, Buffer.from('192.168.77.1:/ROOT/fb14')],
    ],
  },
  decisions: [
    { part: 'boot environment', value: "fb14 (this machine's)", rule: 'assignment' },
    { part: 'file', value: 'be/fb14/boot/loader.efi', rule: 'boot-file' },
  ],
}

describe('verbs/plans/explain', () => {
  it('shows the reply that would be sent, and the rule behind each part', () => {
    const { text } = explainPlan(PLAN, { address: '192.168.77.50', because: 'by its entry in the inventory' })
    assert.equal(
      text,
      `m1 ${MAC} asks as firmware (uefi amd64): by its entry in the inventory

reply
  yiaddr  192.168.77.50
  siaddr  192.168.77.1
  file    be/fb14/boot/loader.efi
  1   subnet-mask: 255.255.255.0
  17  root-path: 192.168.77.1:/ROOT/fb14

because
  boot environment: fb14 (this machine's)  [assignment]
  file: be/fb14/boot/loader.efi  [boot-file]
`,
    )
  })

  it('--json has all of it, absent parts as null', () => {
    const { json } = explainPlan(PLAN, {
      address: '192.168.77.50',
      because: 'by its entry in the inventory',
    }) as { json: Record<string, unknown> }
    assert.deepEqual(
      [json.mac, json.machine, json.be, json.handoff, json.refused],
      [MAC, 'm1', 'fb14', 'nfs', null],
    )
    assert.deepEqual(json.reply, {
      siaddr: '192.168.77.1',
      file: 'be/fb14/boot/loader.efi',
      options: [
        { code: 1, name: 'subnet-mask', value: '255.255.255.0' },
        { code: 17, name: 'root-path', value: '192.168.77.1:/ROOT/fb14' },
      ],
    })
  })

  it('shows that there is no reply, and the message and code of a refused boot', () => {
    const refusal = new BeError('BE_NOT_SHARED', 'fb14 is not shared', { hint: 'be sharenfs fb14' })
    const decisions = [{ part: 'refused', value: refusal.line, rule: 'bootable' }]
    const { text, json } = explainPlan(
      { client: clientAs('loader', MAC), decisions, refusal },
      { address: 'x', because: '--as' },
    )
    assert.equal(
      text,
      `unknown machine ${MAC} asks as loader: --as

no reply

because
  refused: fb14 is not shared; be sharenfs fb14 [BE_NOT_SHARED]  [bootable]
`,
    )
    assert.equal((json as { refused: { code: string } }).refused.code, 'BE_NOT_SHARED')
  })

  it('accepts every kind of client, and no other', () => {
    for (const kind of CLIENT_KINDS) assert.equal(clientAs(kind, MAC).mac, MAC)
    assert.throws(() => clientAs('toaster', MAC), beError('BE_EXPLAIN_AS', /bios, uefi/))
    assert.throws(() => clientAs('toString', MAC), beError('BE_EXPLAIN_AS'))
  })
})
