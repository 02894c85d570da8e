import assert from 'node:assert/strict'
import type { Run } from '../../../../src/host/run.ts'
import { stepsForHost } from '../../../../src/launch/common/network/bridges.ts'
import { tapName, tapSteps } from '../../../../src/launch/common/network/tap.ts'
import type { VmHost } from '../../../../src/launch/common/vm/vm.ts'
import { vmInput } from '../../inputs.ts'

const machine = { mac: '02:01:02:03:04:05' }

/** Answers this text for every program. */
const printing =
  (stdout: string): Run =>
  async () => ({ stdout, stderr: '' })

/** The steps and undos on a host where ip(8) or ifconfig(8) print this. */
async function commands(platform: VmHost['platform'], bridge: VmHost['bridge'], output: string) {
  const steps = tapSteps(machine, { ...vmInput().host, platform, bridge })
  const now = await stepsForHost(steps, { platform, run: printing(output) })
  return now.map(({ do: work, undo }) => [
    'argv' in work ? work.argv.join(' ') : '',
    undo?.argv.join(' ') ?? '-',
  ])
}

const br0 = (ifalias?: string) =>
  JSON.stringify([{ ifname: 'br0', ifalias, linkinfo: { info_kind: 'bridge' } }])
const bridge0 = '\tdescription: nbe\n\tmember: em0 flags=143<LEARNING>\n\tgroups: bridge\n'

describe('tap and bridge steps', () => {
  it('an existing bridge without our mark is used and not destroyed', async () => {
    assert.deepEqual(await commands('linux', { name: 'br0' }, br0()), [
      ['ip tuntap add dev tap030405 mode tap', 'ip link delete tap030405'],
      ['ip link set tap030405 master br0 up', '-'],
    ])
  })

  it('a missing bridge is created, marked, and destroyed', async () => {
    assert.deepEqual((await commands('linux', { name: 'br0' }, '[]')).slice(0, 3), [
      ['ip link add br0 type bridge forward_delay 0', 'ip link delete br0 type bridge'],
      ['ip link set br0 alias nbe', '-'],
      ['ip link set br0 up', '-'],
    ])
    assert.deepEqual(await commands('freebsd', { name: 'bridge0', uplink: 'em0' }, 'em0: flags=1\n'), [
      ['ifconfig bridge0 create', 'ifconfig bridge0 destroy'],
      ['ifconfig bridge0 description nbe', '-'],
      ['ifconfig bridge0 addm em0', '-'],
      ['ifconfig bridge0 up', '-'],
      ['ifconfig tap1029 create', 'ifconfig tap1029 destroy'],
      ['ifconfig bridge0 addm tap1029', '-'],
    ])
  })

  it('a bridge with our mark is brought up, and destroyed by the last machine', async () => {
    assert.deepEqual((await commands('linux', { name: 'br0' }, br0('nbe')))[0], [
      'ip link set br0 up',
      'ip link delete br0 type bridge',
    ])
    assert.deepEqual(
      (await commands('freebsd', { name: 'bridge0', uplink: 'em0' }, `bridge0: flags=1\n${bridge0}`))[0],
      ['ifconfig bridge0 up', 'ifconfig bridge0 destroy'],
    )
  })

  it('tap names are valid on both systems', () => {
    assert.equal(tapName({ mac: '02:ff:ff:ff:ff:ff' }, 'freebsd'), 'tap32767', 'IF_MAXUNIT')
    assert.ok(tapName({ mac: '02:ff:ff:ff:ff:ff' }, 'linux').length <= 15, 'IFNAMSIZ')
  })
})
