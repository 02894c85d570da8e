/**
 * The UUID in 17 bytes of option 97 (type 0, then a GUID) as firmware prints it: the first three fields are
 * little-endian (RFC 4578, UEFI).
 */
export function formatUuid(value: Buffer): string {
  const at = (from: number, to: number) => value.subarray(1 + from, 1 + to).toString('hex')
  const reversed = (from: number, to: number) =>
    Buffer.from(value.subarray(1 + from, 1 + to))
      .reverse()
      .toString('hex')
  return [reversed(0, 4), reversed(4, 6), reversed(6, 8), at(8, 10), at(10, 16)].join('-')
}
