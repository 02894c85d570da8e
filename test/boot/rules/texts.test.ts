import assert from 'node:assert/strict'
import type { PlanInput } from '../../../src/boot/plan-input.ts'
import { machineFile } from '../../../src/boot/texts/machine-file.ts'
import { base, http, ipxe, linux, oddRoot, planned, root } from '../inputs.ts'

/** What refuses the firmware's plan, before iPXE or a loader has been sent to fetch anything. */
function refusal(change: Partial<PlanInput>): string {
  const { reply, refusal } = planned(change)
  if (refusal !== undefined) assert.equal(reply?.file, undefined)
  return refusal?.line ?? 'not refused'
}

const deb = (change: Partial<PlanInput>): string =>
  refusal({ be: linux, root: { ...root, path: '/ROOT/deb12' }, ...change })

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: iPXE's own settings
describe('boot/rules/texts', () => {
  it("odd characters cannot stand in loader.efi's arguments, which know no quotes: refused, naming the setting", () => {
    const handoff = 'arguments'
    for (const value of ['a b', 'é', '${net0/ip}']) {
      const line = refusal({ handoff, loaderVariables: [['module_blacklist', value]] })
      assert.match(line, /module_blacklist: expected .*; change boot\.loader \[BE_VARIABLE\]/, value)
    }
    // `char var[128]` of its parse_args(): the rest would be cut off.
    const fits = (length: number) =>
      refusal({ handoff, loaderVariables: [['v', 'x'.repeat(length - 2)]], client: ipxe })
    assert.match(fits(128), /BE_VARIABLE/)
    const whole = planned({ handoff, loaderVariables: [['v', 'x'.repeat(125)]] })
    assert.equal(whole.refusal, undefined)
  })

  it('odd characters cannot all stand in the loader.conf of HTTP boot: without the path, or refused, naming the setting', () => {
    const conf = machineFile({ ...base, client: http, root: oddRoot }, 'boot/loader.conf.local')!
    assert.ok(conf.includes('boot.nfsroot.nfshandle=') && !conf.includes('boot.nfsroot.path='), conf)
    for (const value of ['"', '$x', 'a\\', 'é']) {
      const line = refusal({ client: http, loaderVariables: [['v', value]] })
      assert.match(line, /change boot\.loader \[BE_VARIABLE\]/, value)
    }
    assert.equal(planned({ client: http, loaderVariables: [['v', 'a b']] }).refusal, undefined)
  })

  it('odd characters cannot stand in nfsroot= of a Linux kernel: refused, naming the setting', () => {
    for (const name of ['a b', 'a,b', '100%s', 'a"b', "a'b", 'é', 'a$b', 'a\\b']) {
      const line = deb({ root: { ...root, path: `/${name}/deb12` } })
      assert.match(line, /set be\.root to another directory \[BE_ROOT_PATH\]/, name)
    }
    assert.equal(deb({ root: { ...root, path: '/lab.d/a:b@c+d=e~f-g_h/deb12' } }), 'not refused')
  })

  it('a command line that iPXE would act on: refused, naming the setting', () => {
    for (const cmdline of ['a; b # c', 'quiet ; halt', 'a && b', '|| x', '${net0/mac}', 'a\tb', 'ä']) {
      assert.match(deb({ cmdline }), /change boot\.cmdline, .*\[BE_CMDLINE\]/, cmdline)
    }
    assert.equal(deb({ cmdline: 'dyndbg="file a.c +p; file b.c +p" x=a#b $HOME 50%' }), 'not refused')
  })
})
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: iPXE's own settings
