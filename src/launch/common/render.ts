import { shellQuote } from '../../host/shell-word.ts'
import type { LaunchCommand, LaunchFile, LaunchPlan, LaunchStep } from './launch.ts'
import { undoOf } from './steps.ts'

/** Longer command lines are broken, with a line for each option. */
const WIDTH = 100

/**
 * A plan as a script for sh(1), to paste: files as here-documents, undos after `main`. It creates its bridge
 * whether one exists or not; stepsForHost leaves that out.
 */
export function render(plan: LaunchPlan): string {
  const undos = plan.before.toReversed().flatMap(step => undoText(step) ?? [])
  return [
    ...plan.before.map(step => stepText(step)),
    ...(plan.load ?? []).map(commandText),
    commandText(plan.main),
    ...(plan.clean ?? []).map(commandText),
    ...undos,
  ].join('')
}

const stepText = ({ do: work }: LaunchStep): string => ('argv' in work ? commandText(work) : fileText(work))

function undoText(step: LaunchStep): string | undefined {
  const undo = undoOf(step)
  if (undo === undefined) return undefined
  const unless = undo.bridge === undefined ? '' : `, unless ${undo.bridge.name} has other ports by now`
  return `# ${undo.what}${unless}\n${shellCommand(undo.argv)}\n`
}

const commandText = ({ what, argv }: LaunchCommand): string => `# ${what}\n${shellCommand(argv)}\n`

function fileText({ what, path, text, mode }: LaunchFile): string {
  // A delimiter that is no line of the text.
  let end = 'EOF'
  while (text.split('\n').includes(end)) end += '_'
  const body = text === '' || text.endsWith('\n') ? text : `${text}\n`
  const chmod = mode === undefined ? '' : `chmod ${mode.toString(8)} ${shellQuote(path)}\n`
  return `# ${what}\ncat > ${shellQuote(path)} <<'${end}'\n${body}${end}\n${chmod}`
}

/** A command line; a long one with a line for each option, and operands on the line of the option before them. */
export function shellCommand(argv: readonly string[]): string {
  const words = argv.map(shellQuote)
  const line = words.join(' ')
  if (line.length <= WIDTH) return line
  const lines: string[] = []
  for (const [index, word] of words.entries()) {
    if (lines.length === 0 || (index > 1 && argv[index]!.startsWith('-'))) lines.push(word)
    else lines[lines.length - 1] += ` ${word}`
  }
  // A command with a single option stays on one line.
  return lines.length > 2 ? lines.join(' \\\n  ') : line
}
