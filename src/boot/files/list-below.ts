import { type Dirent, opendirSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { findPlace, inDirectory, type Place } from '../../be/tree/walk.ts'
import type { Entry } from './boot-file.ts'

/** Largest number of entries that are listed; the directories that a boot reads have dozens. */
const ENTRY_LIMIT = 10_000

/**
 * Links that are followed in one turn of the event loop, by all who list: a link may lead through thousands of
 * directories, which takes milliseconds.
 */
const LINKS_IN_TURN = 8
let linksInTurn = 0

/**
 * The entries of the directory `path` below `root`, sorted by name; links are resolved with `root` as `/`. Undefined when
 * there is no such directory, it cannot be read, or `mayRead` says so of the place where it was found.
 */
export async function listBelow(
  root: string,
  path: string,
  mayRead: (place: Place) => boolean,
): Promise<Entry[] | undefined> {
  const found = entriesOf(root, path, mayRead)
  if (found === undefined) return undefined
  const entries: Entry[] = []
  for (const item of found) {
    if (item.isSymbolicLink()) await turnForLink()
    entries.push({ name: item.name, directory: leadsToDirectory(root, path, item) })
  }
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1))
}

function entriesOf(root: string, path: string, mayRead: (place: Place) => boolean): Dirent[] | undefined {
  try {
    return inDirectory(root, path, place => (mayRead(place) ? entriesHere() : undefined))
  } catch {
    return undefined
  }
}

function entriesHere(): Dirent[] {
  using directory = opendirSync('.', { bufferSize: 1024 })
  const entries: Dirent[] = []
  for (let entry = directory.readSync(); entry !== null; entry = directory.readSync()) {
    if (entries.push(entry) === ENTRY_LIMIT) break
  }
  return entries
}

async function turnForLink(): Promise<void> {
  while (linksInTurn >= LINKS_IN_TURN) await setImmediate()
  if (linksInTurn++ > 0) return
  void setImmediate().then(() => {
    linksInTurn = 0
  })
}

/** A link is listed as what it points to. */
function leadsToDirectory(root: string, path: string, item: Dirent): boolean {
  if (!item.isSymbolicLink()) return item.isDirectory()
  return findPlace(root, join(path, item.name))?.stat?.isDirectory() ?? false
}
