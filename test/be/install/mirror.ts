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
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { elf, pe } from '../images.ts'

/** Files of a distribution set: text or bytes, or with mode and owner; `-> x` is a symbolic link, `= x` a hard link. */
export type Files = Record<string, string | Buffer | { mode: number; uid?: number; data: string }>

export const SETS: Record<string, Files> = {
  base: {
    'bin/freebsd-version': '#!/bin/sh\nUSERLAND_VERSION="11.1-RELEASE"\n',
    'bin/sh': { mode: 0o555, data: 'sh' },
    'bin/[': '= bin/sh',
    'boot/pxeboot': 'BTX',
    'boot/loader.efi': pe(0x8664),
    'etc/master.passwd': { mode: 0o600, data: 'root::0:0::0:0:Charlie &:/root:/bin/csh\n' },
    'usr/bin/su': { mode: 0o4555, data: 'su' },
    'usr/games/fortune': { mode: 0o2755, uid: 13, data: 'fortune' },
    'usr/lib/libc.so': '-> ../../lib/libc.so.7',
    'var/db/words': Buffer.alloc(3_000_000, 'a word and another\n'),
  },
  kernel: {
    'boot/kernel/kernel': Buffer.concat([elf(62, { osabi: 9 }), Buffer.alloc(500_000, 'kernel')]),
    'boot/kernel/nullfs.ko': 'nullfs',
  },
  lib32: { 'usr/lib32/libc.so.7': 'thirty-two' },
}

/** Makes files below `root`. */
export function plant(root: string, files: Files): string {
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
  return root
}

/** Packs files as release(7) packs a set, or with other options of tar. */
export function pack(file: string, files: Files, ...options: string[]): string {
  const root = `${file}.d`
  mkdirSync(dirname(file), { recursive: true })
  plant(root, files)
  const how = options.length > 0 ? options : ['-J']
  execFileSync('tar', ['-c', ...how, '-f', file, '-C', root, '.'], { env: { ...process.env, XZ_OPT: '-1' } })
  rmSync(root, { recursive: true })
  return file
}

export const sha256 = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex')

/** A line of MANIFEST, as release/scripts/make-manifest.sh prints it. */
export const manifestLine = (dir: string, name: string): string =>
  `${name}.txz\t${sha256(join(dir, `${name}.txz`))}\t99\t${name}\t"The ${name} set"\t${name === 'lib32' ? 'off' : 'on'}\n`

/** A release's directory: sets, and MANIFEST beside. */
export function makeRelease(dir: string, sets: Record<string, Files> = SETS): string {
  const names = Object.keys(sets)
  for (const name of names) pack(join(dir, `${name}.txz`), sets[name]!)
  writeFileSync(join(dir, 'MANIFEST'), names.map(name => manifestLine(dir, name)).join(''))
  return dir
}

/** Answers a request in place of the server, or returns false. */
export type Interception = (
  request: http.IncomingMessage,
  response: http.ServerResponse,
  body: Buffer,
) => boolean

/** A mirror's web server over a directory, on loopback: GET, Range, lists of directories. */
export async function serveMirror(root: string, intercept: Interception = () => false) {
  const requests: string[] = []
  const server = http.createServer((request, response) => {
    const range = request.headers.range
    requests.push(`${request.url}${range === undefined ? '' : ` ${range}`}`)
    const path = join(root, decodeURIComponent(request.url ?? '/'))
    if (path.endsWith('/')) return void list(path, response)
    let body: Buffer
    try {
      body = readFileSync(path)
    } catch {
      return void response.writeHead(404).end('<h1>Not found</h1>')
    }
    if (intercept(request, response, body)) return
    const from = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0)
    if (range === undefined) return void response.writeHead(200, { 'Content-Length': body.length }).end(body)
    if (from >= body.length) return void response.writeHead(416).end('<h1>No such range</h1>')
    const headers = {
      'Content-Length': body.length - from,
      'Content-Range': `bytes ${from}-${body.length - 1}/${body.length}`,
    }
    response.writeHead(206, headers).end(body.subarray(from))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const close = () =>
    new Promise<void>(resolve => {
      server.closeAllConnections()
      server.close(() => resolve())
    })
  return { url, requests, close }
}

/** A directory listing as web servers write it. */
function list(path: string, response: http.ServerResponse): void {
  try {
    const names = execFileSync('ls', ['-p', path], { encoding: 'utf8', stdio: 'pipe' }).trim().split('\n')
    const links = names.map(name => `<a href="${encodeURIComponent(name).replace('%2F', '/')}">${name}</a>`)
    response.writeHead(200).end(`<a href="../">../</a><a href="?C=M">Modified</a>${links.join('\n')}`)
  } catch {
    response.writeHead(404).end()
  }
}
