import assert from 'node:assert/strict'
import { cable } from '../../src/launch/cable.ts'
import { tapName, type VmHost } from '../../src/launch/vm.ts'
import { vmInput } from './inputs.ts'

const machine = { mac: '02:01:02:03:04:05' }

const words = (platform: VmHost['platform'], bridge: VmHost['bridge']) =>
  cable(machine, { ...vmInput().host, platform, bridge }).map(({ do: work, undo, unlessPorts }) => [
    'argv' in work ? work.argv.join(' ') : '',
    undo?.argv.join(' ') ?? '-',
    unlessPorts?.but ?? '-',
  ])

describe('launch cable', () => {
  it('a bridge that is there is used and left', () => {
    assert.deepEqual(words('linux', { name: 'br0', state: 'theirs' }), [
      ['ip tuntap add dev tap030405 mode tap', 'ip link delete tap030405', '-'],
      ['ip link set tap030405 master br0 up', '-', '-'],
    ])
  })

  it('one that is not is made, marked as ours, and taken away with its last port', () => {
    assert.deepEqual(words('linux', { name: 'br0', state: 'absent' }).slice(0, 3), [
      ['ip link add br0 type bridge forward_delay 0', 'ip link delete br0 type bridge', '-'],
      ['ip link set br0 alias nbe', '-', '-'],
      ['ip link set br0 up', '-', '-'],
    ])
    assert.deepEqual(words('freebsd', { name: 'bridge0', state: 'absent', uplink: 'em0' }), [
      ['ifconfig bridge0 create', 'ifconfig bridge0 destroy', 'em0'],
      ['ifconfig bridge0 description nbe', '-', '-'],
      ['ifconfig bridge0 addm em0', '-', '-'],
      ['ifconfig bridge0 up', '-', '-'],
      ['ifconfig tap1029 create', 'ifconfig tap1029 destroy', '-'],
      ['ifconfig bridge0 addm tap1029', '-', '-'],
    ])
  })

  it('one that we made for another machine is taken away by the last', () => {
    assert.deepEqual(words('linux', { name: 'br0', state: 'ours' })[0], [
      'ip link set br0 up',
      'ip link delete br0 type bridge',
      '-',
    ])
  })

  it('taps have names that the systems take', () => {
    assert.equal(tapName({ mac: '02:ff:ff:ff:ff:ff' }, 'freebsd'), 'tap32767', 'IF_MAXUNIT')
    assert.ok(tapName({ mac: '02:ff:ff:ff:ff:ff' }, 'linux').length <= 15, 'IFNAMSIZ')
  })
})
