import { createHash } from 'node:crypto'
import type { BootFile } from './boot-file.ts'

/** A virtual file: bytes that were generated for this request. Its version is a hash of them. */
export function memoryFile(path: string, bytes: Buffer): BootFile {
  return {
    path,
    size: bytes.length,
    version: createHash('sha256').update(bytes).digest('hex').slice(0, 32),
    read: async (offset, length) => bytes.subarray(offset, offset + length),
    close: async () => {},
  }
}
