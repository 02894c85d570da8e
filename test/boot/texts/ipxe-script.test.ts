import assert from 'node:assert/strict'
import { ipxeScript } from '../../../src/boot/texts/ipxe-script.ts'
import { targetPath } from '../../../src/http/request-target.ts'
import { base, handle, linux, oddRoot, planned, root } from '../inputs.ts'
import { ipxeWords } from './ipxe-words.ts'

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: iPXE's own settings
describe('boot/texts/ipxe-script', () => {
  it('with a path that no argument can hold: the loader reads by TFTP and gets the handle', () => {
    assert.equal(planned({ handoff: 'arguments', root: oddRoot }).refusal, undefined)
    const words = ipxeWords(ipxeScript({ ...base, root: oddRoot }).split('\n')[2]!)
    assert.ok(words.includes('rootpath=tftp://192.168.2.1/be/head'), words.join(' '))
    assert.ok(words.includes(`boot.nfsroot.nfshandle=X${handle.toString('hex')}X`), words.join(' '))
    assert.ok(!words.some(word => word.includes('cher')))
  })

  it('odd characters of a kernel file are written so that iPXE fetches that very file', () => {
    const names = { vmlinuz: 'boot/vmlinuz-6.1 #1 50%?a=${b}"ö', initrd: "boot/initrd.img;'x' [1]" }
    const script = ipxeScript({ ...base, be: { ...linux, boots: names }, root: { ...root, path: '/r' } })
    const urls = script.split('\n').flatMap(line => ipxeWords(line).filter(word => /^http:/.test(word)))
    assert.deepEqual(urls.map(targetPath), [`/be/deb12/${names.vmlinuz}`, `/be/deb12/${names.initrd}`])
  })
})
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: iPXE's own settings
