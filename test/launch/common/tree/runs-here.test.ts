import assert from 'node:assert/strict'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BootEnvironment } from '../../../../src/be/be.ts'
import { checkCommand, checkRunsHere, hostArch } from '../../../../src/launch/common/tree/runs-here.ts'
import { beError } from '../../../support/errors.ts'
import { temporaryDirectory } from '../../../support/temporary.ts'

const be = (kind: BootEnvironment['kind'], arch?: BootEnvironment['arch']): BootEnvironment => ({
  name: 'r14',
  path: '/ROOT/r14',
  kind,
  boots: {},
  ...(arch && { arch }),
})
const linux = { platform: 'linux', arch: 'amd64' } as const
const freebsd = { platform: 'freebsd', arch: 'amd64' } as const

describe('whether a BE runs on this host', () => {
  const dir = temporaryDirectory()

  it('the same system and arch, i386 on amd64, Linux by linux(4), and unknown ones', async () => {
    await checkRunsHere(be('linux', 'amd64'), linux, dir.path)
    await checkRunsHere(be('linux', 'i386'), linux, dir.path)
    await checkRunsHere(be('freebsd', 'i386'), freebsd, dir.path)
    await checkRunsHere(be('linux', 'amd64'), freebsd, dir.path)
    await checkRunsHere(be('flat'), linux, dir.path)
    await checkRunsHere(be('linux', 'arm64'), { platform: 'linux', arch: undefined }, dir.path)
    assert.deepEqual([hostArch('x64'), hostArch('arm64'), hostArch('s390x')], ['amd64', 'arm64', undefined])
  })

  it('another system or arch is refused before anything is mounted, with a hint', async () => {
    const os = beError('BE_OS_MISMATCH', /be bootpxe r14/)
    await assert.rejects(checkRunsHere(be('freebsd', 'amd64'), linux, dir.path), os)
    const arch = beError('BE_ARCH_MISMATCH', /arm64.*amd64.*qemu-user-static/)
    await assert.rejects(checkRunsHere(be('linux', 'arm64'), linux, dir.path), arch)
    await assert.rejects(checkRunsHere(be('freebsd', 'arm64'), freebsd, dir.path), arch)
    const i386 = { platform: 'linux', arch: 'i386' } as const
    await assert.rejects(checkRunsHere(be('linux', 'amd64'), i386, dir.path), beError('BE_ARCH_MISMATCH'))
  })

  it('a registered emulator counts if it is enabled and has flag F', async () => {
    const arm = be('linux', 'arm64')
    const register = (text: string) => writeFileSync(join(dir.path, 'qemu-aarch64'), text)
    register('enabled\ninterpreter /usr/bin/qemu-aarch64-static\nflags: F\noffset 0\n')
    await checkRunsHere(arm, linux, dir.path)
    register('enabled\ninterpreter /usr/bin/qemu-aarch64-static\nflags: POCF\noffset 0\n')
    await checkRunsHere(arm, linux, dir.path)
    for (const text of ['disabled\nflags: F\n', 'enabled\ninterpreter /usr/bin/qemu-aarch64\nflags: \n']) {
      register(text)
      await assert.rejects(checkRunsHere(arm, linux, dir.path), beError('BE_ARCH_MISMATCH'))
    }
  })

  it('a command is looked up in the tree: by PATH, links resolved inside it, never outside', async () => {
    mkdirSync(join(dir.path, 'usr/bin'), { recursive: true })
    symlinkSync('/usr/bin', join(dir.path, 'bin'))
    writeFileSync(join(dir.path, 'usr/bin/tool'), '', { mode: 0o755 })
    writeFileSync(join(dir.path, 'usr/bin/text'), '', { mode: 0o644 })
    symlinkSync('/bin/sh', join(dir.path, 'usr/bin/sh'))
    const check = (command: string, path?: string) => checkCommand(dir.path, command, path)
    await check('tool', '/nowhere:/bin')
    await check('/bin/tool', '')
    const missing = beError('BE_COMMAND_MISSING')
    for (const command of ['text', 'sh', '/bin/sh', 'bin/..', '/usr/bin', 'none']) {
      await assert.rejects(check(command, '/bin:/usr/bin'), missing, command)
    }
    await assert.rejects(check('tool', '/sbin'), missing)
  })
})
