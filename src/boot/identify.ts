import { platformOf } from './architectures.ts'
import type { Client } from './client.ts'
import type { DhcpRequestFields } from './dhcp.ts'
import { optionSpace } from './options/option-space.ts'

/**
 * Identifies the client of a DHCP request and its stage, by options 60, 77, 93 and 175. FreeBSD's loaders send
 * no architecture, so firmware and arch are those of `before`, the MAC's earlier request, if there was one.
 * Sources: stand/libsa/bootp.c of FreeBSD 10 to 14 and captures of each client.
 */
export function identify(traits: DhcpRequestFields, before?: Client): Client {
  const announced = archType(traits)
  const { firmware, arch } = (announced === undefined ? before : platformOf(announced)) ?? {}
  const type = announced ?? before?.archType
  return {
    mac: traits.mac,
    stage: stage(traits, before),
    ...(firmware === undefined ? {} : { firmware }),
    ...(arch === undefined ? {} : { arch }),
    ...(type === undefined ? {} : { archType: type }),
    ...(traits.uuid === undefined ? {} : { uuid: traits.uuid }),
    ...(traits.vendorClass === undefined ? {} : { vendorClass: traits.vendorClass }),
    ...(traits.userClass === undefined ? {} : { userClass: traits.userClass }),
    optionSpace: optionSpace(traits.maxMessageSize),
    echoedBytes: traits.echoedBytes ?? 0,
  }
}

function stage(traits: DhcpRequestFields, before: Client | undefined): Client['stage'] {
  const { vendorClass = '', userClass } = traits
  if (vendorClass.startsWith('HTTPClient')) return 'http'
  // iPXE writes its user class raw, not in RFC 3004's form; others that descend from gPXE send option 175.
  if (userClass?.includes('iPXE') || traits.hasIpxeOptions) return 'ipxe'
  if (userClass?.includes('FreeBSD')) return 'loader'
  // pxeboot before 11 sends PXEClient alone; firmware always adds its architecture.
  if (vendorClass === 'PXEClient' && traits.archType === undefined) return 'loader'
  if (vendorClass.startsWith('PXEClient')) return 'firmware'
  // loader.efi before 11 sends neither 60 nor 55, always with xid 1.
  const silent = vendorClass === '' && traits.parameterList === undefined
  if (silent && (traits.xid === 1 || before?.stage === 'firmware' || before?.stage === 'ipxe'))
    return 'loader'
  return 'os'
}

/** Option 93, or the number in option 60 (`PXEClient:Arch:00007:UNDI:003000`). */
function archType({ archType, vendorClass }: DhcpRequestFields): number | undefined {
  if (archType !== undefined) return archType
  const spelled = /^(?:PXE|HTTP)Client:Arch:(\d{5})/.exec(vendorClass ?? '')
  return spelled === null ? undefined : Number(spelled[1])
}
