/** One entry of an initial RAM disk. Paths without a leading slash. */
export type CpioEntry =
  | { path: string; type: 'directory' }
  | { path: string; type: 'link'; target: string }
  | { path: string; type: 'file'; data: Buffer; mode?: number }

const TYPE_BITS = { directory: 0o040755, link: 0o120777, file: 0o100644 } as const

const padTo4 = (length: number): Buffer => Buffer.alloc((4 - (length % 4)) % 4)

/** Header, name and data of one entry, owned by root and with time 0, so that equal input gives equal output. */
function record(inode: number, path: string, mode: number, data: Buffer): Buffer {
  const name = Buffer.from(`${path}\0`)
  const fields = [inode, mode, 0, 0, 1, 0, data.length, 0, 0, 0, 0, name.length, 0]
  const header = `070701${fields.map(field => field.toString(16).padStart(8, '0')).join('')}`
  return Buffer.concat([
    Buffer.from(header),
    name,
    padTo4(header.length + name.length),
    data,
    padTo4(data.length),
  ])
}

/**
 * An archive in cpio's "newc" format, which the kernel unpacks as its initial RAM disk (Linux,
 * Documentation/driver-api/early-userspace/buffer-format.rst). Directories have to come before their entries.
 */
export function cpio(entries: CpioEntry[]): Buffer {
  const records = entries.map((entry, index) => {
    const mode = entry.type === 'file' ? 0o100000 | (entry.mode ?? 0o644) : TYPE_BITS[entry.type]
    const data = entry.type === 'file' ? entry.data : Buffer.from(entry.type === 'link' ? entry.target : '')
    return record(index + 1, entry.path, mode, data)
  })
  return Buffer.concat([...records, record(0, 'TRAILER!!!', 0, Buffer.alloc(0))])
}
