import { parseBeName } from '../../../be/name.ts'
import { BeError } from '../../../errors/errors.ts'
import { RESTARTS, type Restart } from './state.ts'

/** One machine of vmtab. */
export interface VmTabLine {
  machine: string
  /** Plain name of the boot environment to boot. Absent: the one assigned to the machine. */
  be?: string
  /** Starts with the host. */
  auto: boolean
  restart: Restart
  /** Seconds to wait after the start of the machine before it. */
  delay: number
}

const FORM = 'MACHINE BE|- auto|no always|on-failure|never SECONDS'

/**
 * vmtab is written like fstab(5): one machine a line, in the order in which they start, columns separated by
 * blanks, # for comments. The last three columns are optional (auto, never, 0). A boot environment may be
 * written with its parent, `bd/be/test`. `name` is the name of the file, for errors. Throws BE_VMTAB.
 */
export function parseVmTab(text: string, name: string, parent?: string): VmTabLine[] {
  const lines: VmTabLine[] = []
  for (const [index, raw] of text.split('\n').entries()) {
    const words = raw
      .replace(/(^|\s)#.*/, '')
      .split(/\s+/)
      .filter(word => word !== '')
    if (words.length === 0) continue
    const line = parseLine(words, `${name}, line ${index + 1}`, parent)
    if (lines.some(({ machine }) => machine.toLowerCase() === line.machine.toLowerCase())) {
      throw bad(`${name}, line ${index + 1}`, `${line.machine} once`, 'a second line of it')
    }
    lines.push(line)
  }
  return lines
}

function parseLine(words: string[], where: string, parent: string | undefined): VmTabLine {
  const [machine, be, auto = 'auto', restart = 'never', delay = '0', ...more] = words
  if (machine === undefined || be === undefined || more.length > 0) throw bad(where, FORM, words.join(' '))
  if (auto !== 'auto' && auto !== 'no') throw bad(where, 'auto or no', auto)
  const policy = RESTARTS.find(known => known === restart)
  if (policy === undefined) throw bad(where, RESTARTS.join(', '), restart)
  if (!/^\d{1,5}$/.test(delay)) throw bad(where, 'seconds', delay)
  return {
    machine,
    ...(be !== '-' && { be: readBe(be, where, parent) }),
    auto: auto === 'auto',
    restart: policy,
    delay: Number(delay),
  }
}

function readBe(text: string, where: string, parent: string | undefined): string {
  try {
    return parseBeName(text, parent)
  } catch {
    throw bad(where, `a boot environment${parent === undefined ? '' : ` of ${parent}`}, or -`, text)
  }
}

const bad = (where: string, expected: string, found: string): BeError =>
  new BeError('BE_VMTAB', where, { expected: `${expected}, found "${found}"` })
