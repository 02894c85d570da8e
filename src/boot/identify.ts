import { platformOf } from './architectures.ts'
import type { Client, Stage } from './client.ts'
import type { DhcpRequestFields } from './dhcp.ts'
import { optionSpace } from './options/option-space.ts'
import { isRaspberryPi } from './raspberry-pi.ts'

/** What a Raspberry Pi's firmware starts is U-Boot or a UEFI, if it is not a Linux kernel. */
const PI = { firmware: 'uefi', arch: 'arm64' } as const

/** DHCPREQUEST (RFC 2132, section 9.6). */
const REQUEST = 3

/**
 * Identifies the client of a DHCP request and its stage, by options 55, 60, 77, 93 and 175. FreeBSD's loaders send
 * no architecture, so firmware and arch are those of `before`, the MAC's earlier request, if there was one. A REQUEST
 * has the stage of the DISCOVER of its exchange, some of which say more about their sender (pxeboot) and some less
 * (GRUB).
 * Sources: stand/libsa/bootp.c of FreeBSD 10 to 14 and captures of each client.
 */
export function identify(traits: DhcpRequestFields, before?: Client): Client {
  const announced = archType(traits)
  const pi = isRaspberryPi(traits)
  const { firmware, arch } = (pi ? PI : announced === undefined ? before : platformOf(announced)) ?? {}
  const type = announced ?? before?.archType
  const selects = traits.type === REQUEST && before?.xid === traits.xid
  return {
    mac: traits.mac,
    stage: selects ? before.stage : stage(traits),
    xid: traits.xid,
    ...(firmware === undefined ? {} : { firmware }),
    ...(arch === undefined ? {} : { arch }),
    ...(pi ? { board: 'raspberry-pi' } : {}),
    ...(type === undefined ? {} : { archType: type }),
    ...(traits.uuid === undefined ? {} : { uuid: traits.uuid }),
    ...(traits.vendorClass === undefined ? {} : { vendorClass: traits.vendorClass }),
    ...(traits.userClass === undefined ? {} : { userClass: traits.userClass }),
    optionSpace: optionSpace(traits.maxMessageSize),
    echoedBytes: traits.echoedBytes ?? 0,
  }
}

function stage(traits: DhcpRequestFields): Stage {
  const { vendorClass = '', userClass } = traits
  if (vendorClass.startsWith('HTTPClient')) return 'http'
  // iPXE writes its user class raw, not in RFC 3004's form; others that descend from gPXE send option 175.
  if (userClass?.includes('iPXE') || traits.hasIpxeOptions) return 'ipxe'
  if (isLoader(traits)) return 'loader'
  // No system sends option 93 (petitboot and ONIE do, which are boot programs although they run on Linux).
  if (traits.archType !== undefined || FIRMWARE.test(vendorClass)) return 'firmware'
  if (isKernel(traits)) return 'kernel'
  if (isGrub(traits)) return 'grub'
  return isSystem(traits) ? 'os' : 'unknown'
}

/** PXE ROMs; U-Boot (CONFIG_BOOTP_VCI_STRING) and barebox, which do not always send option 93. */
const FIRMWARE = /^(PXEClient|U-Boot|barebox)/

/** FreeBSD's loader; before 11 pxeboot sends PXEClient alone, loader.efi neither 60 nor 55, always with xid 1. */
function isLoader({ vendorClass, userClass, archType, parameterList, xid }: DhcpRequestFields): boolean {
  if (userClass?.includes('FreeBSD')) return true
  if (archType !== undefined) return false
  if (vendorClass === 'PXEClient') return true
  return vendorClass === undefined && parameterList === undefined && xid === 1
}

/**
 * A kernel that configures its interface itself: by its name, system, machine and release (sys/nfs/bootp_subr.c of
 * FreeBSD, sys/nfs/nfs_bootdhcp.c of NetBSD). Or the program of an initial RAM disk: klibc's ipconfig, and busybox's
 * udhcpc, although some installed systems use that too.
 */
const KERNEL = /^((Free|Net|Open)BSD:|DragonFly:|Linux ipconfig|udhcp )/

/** What Linux requests with ip=dhcp, before 4.17 without 42, before 2.6.35 without 26 (net/ipv4/ipconfig.c). */
const LINUX_KERNEL = /^1,3,6,12,15,17(,26)?,40(,42)?$/

const isKernel = ({ vendorClass = '', parameterList }: DhcpRequestFields): boolean =>
  KERNEL.test(vendorClass) || LINUX_KERNEL.test(Array.from(parameterList ?? []).join())

/** GRUB's net_bootp sends the time as its xid, and the lower half of it as `secs` (grub-core/net/bootp.c). */
const isGrub = ({ vendorClass, xid, secs }: DhcpRequestFields): boolean =>
  vendorClass === undefined && secs !== undefined && secs !== 0 && secs === (xid & 0xffff)

/** Clients of systems that send a vendor class of their own: Windows, dhcpcd(8), Android. */
const SYSTEM = /^(MSFT|dhcpcd|android-dhcp)/i

/**
 * Static routes (33, 121, 249), NetBIOS (44, 46, 47), proxy discovery (252): only systems request them, among those that
 * send no vendor class: systemd-networkd, NetworkManager, macOS.
 */
const SYSTEM_OPTIONS: ReadonlySet<number> = new Set([33, 44, 46, 47, 121, 249, 252])

/** The client of a system, which cannot be a boot program. Every dhclient(8) requests 1 and 28 first. */
function isSystem({ vendorClass, parameterList }: DhcpRequestFields): boolean {
  if (vendorClass !== undefined && SYSTEM.test(vendorClass)) return true
  const requested = Array.from(parameterList ?? [])
  if (requested[0] === 1 && requested[1] === 28) return true
  return vendorClass === undefined && requested.some(code => SYSTEM_OPTIONS.has(code))
}

/** Option 93, or the number in option 60 (`PXEClient:Arch:00007:UNDI:003000`). */
function archType({ archType, vendorClass }: DhcpRequestFields): number | undefined {
  if (archType !== undefined) return archType
  const spelled = /^(?:PXE|HTTP)Client:Arch:(\d{5})/.exec(vendorClass ?? '')
  return spelled === null ? undefined : Number(spelled[1])
}
