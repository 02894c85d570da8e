/** A member of an archive, written byte by byte: names that tar(1) would not pack. */
export interface Member {
  name: string | Buffer
  /** Typeflag of ustar (pax(1)): a file, a hard link, a symbolic link, a directory. */
  type?: '0' | '1' | '2' | '5'
  target?: string | Buffer
  data?: string
  mode?: number
}

/** An uncompressed ustar archive. */
export function tarball(...members: Member[]): Buffer {
  return Buffer.concat([...members.flatMap(member), Buffer.alloc(1024)])
}

function member({ name, type = '0', target = '', data = '', mode = 0o644 }: Member): Buffer[] {
  const header = Buffer.alloc(512)
  const put = (value: string | Buffer, at: number) => header.set(Buffer.from(value as string), at)
  const octal = (value: number, at: number, digits: number) =>
    put(value.toString(8).padStart(digits, '0'), at)
  put(name, 0)
  octal(mode, 100, 7)
  octal(0, 108, 7)
  octal(0, 116, 7)
  octal(data.length, 124, 11)
  octal(1_600_000_000, 136, 11)
  put('        ', 148)
  put(type, 156)
  put(target, 157)
  put('ustar\u000000', 257)
  octal(
    header.reduce((sum, byte) => sum + byte, 0),
    148,
    6,
  )
  header[154] = 0
  const body = Buffer.alloc(Math.ceil(data.length / 512) * 512)
  body.write(data)
  return [header, body]
}
