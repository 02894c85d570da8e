import assert from 'node:assert/strict'
import { decode } from '../../src/dhcp/message.ts'
import { summary } from '../../src/dhcp/summary.ts'
import { allDhcp, request, text } from './support.ts'

const captured = (name: string, frame: number) =>
  decode(allDhcp().find(([capture, packet]) => capture === name && packet.frame === frame)![1].payload)

describe('dhcp summary', () => {
  it('shows a request and a reply of a loader on one line each', () => {
    assert.equal(
      summary(captured('ovmf-loader_lua-nfs', 466)),
      'REQUEST xid=0x1 mac=52:54:00:77:00:02 requested-address=192.168.77.131 server-identifier=192.168.77.1 ' +
        'lease-time=300 vendor-class=PXEClient user-class=FreeBSD parameter-list=17,12,16,3,1,26,54',
    )
    const offer = summary(captured('ovmf_http-loader_efi-http_root', 2))
    assert.match(offer, /^OFFER xid=0x[0-9a-f]+ mac=52:54:00:[0-9a-f:]{8} yiaddr=192\.168\.77\.152 /)
    assert.match(
      offer,
      / file=http:\/\/192\.168\.77\.1:8080\/fbroot\/boot\/loader\.efi .*vendor-class=HTTPClient/,
    )
  })

  it('names BOOTP, and is one line whatever is in the packet', () => {
    const message = request(0, [text(12, 'a\r\nACK xid=0x1')], { file: 'x\ny' })
    assert.equal(
      summary(message),
      'BOOTREQUEST xid=0x1234 mac=52:54:00:77:00:01 file="x\\x0ay" host-name="a\\x0d\\x0aACK xid=0x1"',
    )
  })
})
