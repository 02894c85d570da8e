import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { GUEST_UP, parseGuestReport } from '../rig/guest-report.ts'
import { LAB } from '../rig/lab.ts'
import { PACKAGES, Site } from '../rig/site.ts'
import { ensurePackages } from '../support/packages.ts'

const MINUTES = 60_000
const MAC = '52:54:00:00:77:11'

describe("a machine boots beside the LAN's own DHCP server", function () {
  this.timeout(10 * MINUTES)
  let site: Site

  before(async () => {
    await ensurePackages(PACKAGES)
    site = await Site.open()
    const router = await site.lab.station('router', '192.168.77.2/24')
    const conf = join(site.dir, 'udhcpd.conf')
    const files = ['lease_file', 'pidfile'].map(key => `${key} ${join(site.dir, key)}\n`).join('')
    writeFileSync(
      conf,
      `start 192.168.77.60\nend 192.168.77.70\nmax_leases 11\ninterface eth0\noption subnet 255.255.255.0\n${files}`,
    )
    writeFileSync(join(site.dir, 'lease_file'), '')
    const other = site.lab.start([...router, 'busybox', 'udhcpd', '-f', conf], { name: 'udhcpd' })
    await other.transcript.waitFor(/started/, MINUTES)
    await site.serve('--dhcp-mode', 'proxy')
    await site.addGuestBe('first')
    await site.be('sharepxe', 'first')
  })

  after(async () => {
    await site?.close()
  })

  for (const firmware of ['uefi', 'bios'] as const) {
    it(`${firmware}: takes the boot file from our offer, its address from the other server`, async () => {
      const guest = await site.switchOn(firmware, MAC)
      const said = parseGuestReport(await guest.transcript.waitFor(GUEST_UP, 3 * MINUTES))
      await guest.ended
      assert.equal(said.root, `${LAB.server}:/ROOT/first`)
      const log = await site.be('log', MAC)
      assert.match(log, / dhcp:offer .*file=/)
      assert.doesNotMatch(log, / dhcp:(offer|ack) .*\bip=/, 'we gave an address')
    })
  }
})
