import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { elf, pe } from '../images.ts'

/** What a set holds: text or bytes, with a mode; `->` a symbolic link, `=` a hard link to one before. */
type Files = Record<string, string | Buffer | { mode: number; uid?: number; data: string }>

const BASE: Files = {
  'bin/freebsd-version': '#!/bin/sh\nUSERLAND_VERSION="11.1-RELEASE"\n',
  'bin/sh': { mode: 0o555, data: 'sh' },
  'bin/[': '= bin/sh',
  'boot/pxeboot': 'BTX',
  'boot/loader.efi': pe(0x8664),
  'etc/master.passwd': { mode: 0o600, data: 'root::0:0::0:0:Charlie &:/root:/bin/csh\n' },
  'etc/rc.conf.sample': 'zfs_enable="YES"\n',
  'usr/bin/su': { mode: 0o4555, data: 'su' },
  'usr/games/fortune': { mode: 0o2755, uid: 13, data: 'fortune' },
  'usr/lib/libc.so': '-> ../../lib/libc.so.7',
  'var/db/words': Buffer.alloc(3_000_000, 'a word and another\n'),
}

export const SETS: Record<string, Files> = {
  base: BASE,
  kernel: {
    'boot/kernel/kernel': Buffer.concat([elf(62, { osabi: 9 }), Buffer.alloc(500_000, 'kernel')]),
    'boot/kernel/nullfs.ko': 'nullfs',
  },
  lib32: { 'usr/lib32/libc.so.7': 'thirty-two' },
}

/** Writes what a set holds below `root`. */
export function plant(root: string, files: Files): void {
  for (const [path, what] of Object.entries(files)) {
    const at = join(root, path)
    mkdirSync(dirname(at), { recursive: true })
    if (typeof what === 'string' && what.startsWith('-> ')) symlinkSync(what.slice(3), at)
    else if (typeof what === 'string' && what.startsWith('= ')) linkSync(join(root, what.slice(2)), at)
    else if (typeof what === 'string' || Buffer.isBuffer(what)) writeFileSync(at, what)
    else {
      writeFileSync(at, what.data)
      if (what.uid !== undefined) chownSync(at, what.uid, what.uid)
      chmodSync(at, what.mode)
    }
  }
}

/** Packs each set into DIR/NAME.txz as release(7) does, with a MANIFEST beside; answers DIR. */
export function makeRelease(dir: string, sets: Record<string, Files> = SETS): string {
  mkdirSync(dir, { recursive: true })
  const lines = Object.entries(sets).map(([name, files]) => {
    const root = join(dir, `.${name}`)
    plant(root, files)
    const file = join(dir, `${name}.txz`)
    execFileSync('tar', ['-cJf', file, '-C', root, '.'], { env: { ...process.env, XZ_OPT: '-1' } })
    rmSync(root, { recursive: true })
    const hash = createHash('sha256').update(readFileSync(file)).digest('hex')
    const count = Object.keys(files).length
    return `${name}.txz\t${hash}\t${count}\t${name}\t"The ${name} set"\t${name === 'lib32' ? 'off' : 'on'}\n`
  })
  writeFileSync(join(dir, 'MANIFEST'), lines.join(''))
  return dir
}

/** A tree as text: path, type, mode, owner, link count, time and content of everything in it. */
export const portrait = (root: string): string =>
  execFileSync(
    'sh',
    [
      '-c',
      'cd "$1" && find . -printf "%p %y %m %U:%G %n %l %s\\n" | grep -v "^\\. " | sort && find . -type f -exec sha256sum {} + | sort',
      'sh',
      root,
    ],
    { encoding: 'utf8', maxBuffer: 1 << 26 },
  )
