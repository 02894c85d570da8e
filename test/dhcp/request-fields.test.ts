import assert from 'node:assert/strict'
import { optionSpace, SERVER_OVERHEAD, spaceNeeded } from '../../src/boot/options/option-space.ts'
import { decode } from '../../src/dhcp/message.ts'
import { isFreeBsdLoader, isNetworkFirmware, requestFields } from '../../src/dhcp/request-fields.ts'
import { allDhcp, OS, request, text } from './support.ts'

/** The fields that tell the clients of the captures apart. */
const CLIENTS = [
  {
    who: 'iPXE ROM, BIOS',
    in: 'ipxe_bios-pxeboot_101-nfs',
    frame: 1,
    vendor: 'PXEClient:Arch:00000:UNDI:002001',
    user: 'iPXE',
    arch: 0,
    uuid: true,
    size: 1472,
    ipxe: true,
  },
  {
    who: 'iPXE ROM, EFI',
    in: 'ipxe_efi-loader_efi_101',
    frame: 4,
    vendor: 'PXEClient:Arch:00007:UNDI:003010',
    user: 'iPXE',
    arch: 7,
    uuid: true,
    size: 1472,
    ipxe: true,
  },
  {
    who: 'OVMF PXE',
    in: 'ovmf-loader_lua-nfs',
    frame: 1,
    vendor: 'PXEClient:Arch:00007:UNDI:003000',
    user: undefined,
    arch: 7,
    uuid: true,
    size: 1472,
    ipxe: false,
  },
  {
    who: 'OVMF PXE, REQUEST',
    in: 'ovmf-loader_lua-nfs',
    frame: 3,
    vendor: 'PXEClient:Arch:00007:UNDI:003000',
    user: undefined,
    arch: 7,
    uuid: true,
    size: 65280,
    ipxe: false,
  },
  {
    who: 'OVMF HTTP',
    in: 'ovmf_http-loader_efi-http_root',
    frame: 1,
    vendor: 'HTTPClient:Arch:00016:UNDI:003000',
    user: undefined,
    arch: 16,
    uuid: true,
    size: 1472,
    ipxe: false,
  },
  {
    who: 'pxeboot 10.1',
    in: 'ipxe_bios-pxeboot_101-nfs',
    frame: 200,
    vendor: 'PXEClient',
    user: undefined,
    arch: undefined,
    uuid: false,
    size: undefined,
    ipxe: false,
  },
  {
    who: 'loader.efi 10.1',
    in: 'ipxe_efi-loader_efi_101',
    frame: 233,
    vendor: undefined,
    user: undefined,
    arch: undefined,
    uuid: false,
    size: undefined,
    ipxe: false,
  },
  {
    who: 'modern loader.efi',
    in: 'ovmf-loader_lua-nfs',
    frame: 464,
    vendor: 'PXEClient',
    user: '\x07FreeBSD',
    arch: undefined,
    uuid: false,
    size: undefined,
    ipxe: false,
  },
]

const captured = (name: string, frame: number) =>
  decode(allDhcp().find(([capture, packet]) => capture === name && packet.frame === frame)![1].payload)

describe('dhcp request fields', () => {
  for (const client of CLIENTS) {
    it(`reads the fields of ${client.who}`, () => {
      const seen = requestFields(captured(client.in, client.frame))
      assert.equal(seen.vendorClass, client.vendor)
      assert.equal(seen.userClass?.toString('latin1'), client.user)
      assert.equal(seen.archType, client.arch)
      assert.equal(seen.uuid !== undefined, client.uuid)
      assert.equal(seen.maxMessageSize, client.size)
      assert.equal(seen.hasIpxeOptions, client.ipxe)
      const loader = client.arch === undefined
      assert.equal(isFreeBsdLoader(seen), loader)
      assert.equal(isNetworkFirmware(seen), !loader)
    })
  }

  it('a ROM that sends the bare class with an architecture is firmware, not a loader', () => {
    const seen = requestFields(request(1, [text(60, 'PXEClient'), text(93, '\0\x07')]))
    assert.equal(isFreeBsdLoader(seen), false)
    assert.equal(isNetworkFirmware(seen), true)
  })

  it('an installed system is neither firmware nor loader', () => {
    const seen = requestFields(request(1, OS))
    assert.equal(isFreeBsdLoader(seen), false)
    assert.equal(isNetworkFirmware(seen), false)
  })

  it('formats the MAC, and counts the bytes of echoed options', () => {
    const seen = requestFields(
      request(1, [text(61, 'abcdefg'), text(82, '\x01\x02xy')], {
        chaddr: Buffer.from('AABBCC00FF01', 'hex'),
      }),
    )
    assert.equal(seen.mac, 'aa:bb:cc:00:ff:01')
    assert.equal(seen.echoedBytes, 9 + 6)
  })

  it('has the client identifier, unless it only repeats the MAC', () => {
    const idOf = (hex: string) => requestFields(request(1, [[61, Buffer.from(hex, 'hex')]])).clientId
    assert.equal(idOf('01525400770001'), undefined)
    assert.equal(idOf('01525400770002'), '01525400770002')
    assert.equal(idOf('007261636b'), '007261636b')
  })

  it('of several architectures it has the first that can be served', () => {
    const archOf = (hex: string) => requestFields(request(1, [[93, Buffer.from(hex, 'hex')]])).archType
    assert.equal(archOf('0007'), 7)
    assert.equal(archOf('0002000b0007'), 11)
    assert.equal(archOf('00020019'), 2)
    assert.equal(archOf('000207'), 2, 'half a number behind it')
  })

  it('an option of a wrong length counts as absent', () => {
    const seen = requestFields(request(1, [text(93, '\x07'), text(97, 'short'), text(57, '\x05')]))
    assert.deepEqual([seen.archType, seen.uuid, seen.maxMessageSize], [undefined, undefined, undefined])
  })

  it('leaves 312 bytes for options unless option 57 says more, and never more than a frame', () => {
    assert.equal(optionSpace(undefined), 312)
    assert.equal(optionSpace(300), 312)
    assert.equal(optionSpace(1472), 1208)
    assert.equal(optionSpace(65280), 1236)
    assert.equal(SERVER_OVERHEAD, 20)
    const long = spaceNeeded({ echoedBytes: 9 }, [[119, Buffer.alloc(256)]])
    assert.equal(long, SERVER_OVERHEAD + 9 + 256 + 4, 'a long option goes out as two (RFC 3396)')
  })
})
