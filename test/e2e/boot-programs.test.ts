import assert from 'node:assert/strict'
import { BOARD_MAC, BOOT_PROGRAM_PACKAGES, boardTree, grubTree, startBoard } from '../rig/boot-programs.ts'
import { GUEST_UP, parseGuestReport } from '../rig/guest-report.ts'
import { LAB } from '../rig/lab.ts'
import { PACKAGES, Site } from '../rig/site.ts'
import { ensurePackages } from '../support/packages.ts'

const MINUTES = 60_000
const GRUB_MAC = '52:54:00:00:77:22'
/** What no boot program proves. */
const PROOF = / (os:up|boot:own-disk|boot:unsure|once:done) /

describe('boot programs that are neither PXE nor iPXE', function () {
  this.timeout(10 * MINUTES)
  let site: Site

  before(async () => {
    await ensurePackages([...PACKAGES, ...BOOT_PROGRAM_PACKAGES])
    site = await Site.open()
    await site.serve()
  })

  after(() => site?.close())

  it('GRUB 2.06: net_bootp proves nothing; what be emit grub prints starts Linux, kernel and initrd by HTTP', async () => {
    await site.addGuestBe('first')
    await site.be('sharenfs', 'first')
    await site.be('machine', 'add', 'g', GRUB_MAC, '--ip', '192.168.77.61')
    const entry = await site.be('emit', 'grub', 'first', '--machine', 'g')
    const menu = `(http,${LAB.server}:8080)/be/grub/boot/menu.cfg`
    await site.addBe('grub', tree => grubTree(tree, ['net_bootp', `configfile ${menu}`]))
    const inPlace = ['sh', '-c', 'printf "set timeout=0\n%s" "$1" >/ROOT/grub/boot/menu.cfg', 'sh', entry]
    await site.lab.run(inPlace)
    await site.be('sharepxe', 'grub', 'g')
    const guest = await site.switchOn('bios', GRUB_MAC)
    const report = parseGuestReport(await guest.transcript.waitFor(GUEST_UP, 4 * MINUTES))
    assert.deepEqual([report.be, report.root, report.type], ['first', `${LAB.server}:/ROOT/first`, 'nfs'])
    await guest.ended
    const log = await site.be('log', '-v', 'g')
    assert.match(log, / grub dhcp:discover .*\n(.* grub .*\n)*.* grub dhcp:ack /)
    assert.match(
      log,
      / http:get .*file=\/be\/first\/boot\/vmlinuz[\s\S]* http:get .*file=\/be\/first\/boot\/initrd/,
    )
    assert.doesNotMatch(log, PROOF)
  })

  it('U-Boot for arm64: a board that restarts after its kernel was fetched is not up, and boots the same again', async () => {
    await site.addBe('arm', async tree => boardTree(tree))
    await site.be('machine', 'add', 'board', BOARD_MAC, '--ip', '192.168.77.62')
    await site.be('sharenfs', 'arm')
    await site.be('bootpxe', '-t', 'arm', 'board')
    const board = await startBoard(site.lab, site.dir)
    const { transcript } = board
    await transcript.waitFor(/Filename 'be\/arm\/boot\/loader\.efi'[\s\S]*\n=> /, MINUTES)
    // As its kernel would be fetched by a boot script.
    board.type('tftpboot $loadaddr be/arm/boot/kernel/kernel\n')
    await transcript.waitFor(/Bytes transferred = 100000/, MINUTES)
    board.type('reset\n')
    await transcript.waitFor(/resetting[\s\S]*Filename 'be\/arm\/boot\/loader\.efi'[\s\S]*\n=> /, MINUTES)
    await board.stop()
    assert.doesNotMatch(await site.be('log', '-v', 'board'), PROOF)
    const [now] = JSON.parse(await site.be('status', 'board', '--json'))
    assert.deepEqual([now.stage, now.booting, now.next, now.rule], ['file', 'arm', 'arm', 'once'])
    assert.match(now.failure.why, /arm: it came to kernel, expected up/)
  })
})
