import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { BeError } from '../../errors/errors.ts'
import { fileError } from '../../host/files.ts'
import type { DistSet } from './manifest.ts'

/** The SHA-256 of a file if it is not that of its set, else undefined. Throws BE_FILE_…. */
export async function mismatch(
  path: string,
  { sha256 }: Pick<DistSet, 'sha256'>,
  onBytes: (count: number) => void = () => {},
): Promise<string | undefined> {
  const hash = createHash('sha256')
  try {
    for await (const piece of createReadStream(path, { highWaterMark: 1 << 20 })) {
      hash.update(piece)
      onBytes(piece.length)
    }
  } catch (error) {
    throw fileError(error, 'read', path)
  }
  const got = hash.digest('hex')
  return got === sha256 ? undefined : got
}

export const wrongChecksum = (where: string, { sha256 }: DistSet, got: string): BeError =>
  new BeError('BE_INSTALL_CHECKSUM', `${where} has SHA-256 ${got}`, {
    expected: sha256,
    hint: 'the file is damaged or belongs to another MANIFEST: copy it again, or name another mirror',
  })
