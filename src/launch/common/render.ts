import { quote } from '../../boot/texts/launch-texts.ts'
import type { LaunchCommand, LaunchFile, LaunchPlan, LaunchStep } from './launch.ts'
import { undoOf } from './undo.ts'

/** Longer commands get a line for each option. */
const WIDTH = 100

/**
 * A plan as text for sh(1), to paste: files as here-documents, the undos after the system has ended. A bridge is
 * made in it even where one is there: stepsNow leaves that out.
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
  // A word that no line of the text is.
  let end = 'EOF'
  while (text.split('\n').includes(end)) end += '_'
  const body = text === '' || text.endsWith('\n') ? text : `${text}\n`
  const chmod = mode === undefined ? '' : `chmod ${mode.toString(8)} ${quote(path)}\n`
  return `# ${what}\ncat > ${quote(path)} <<'${end}'\n${body}${end}\n${chmod}`
}

/** A command line; a long one with a line for each option, the last operands with the last of them. */
export function shellCommand(argv: readonly string[]): string {
  const words = argv.map(quote)
  const line = words.join(' ')
  if (line.length <= WIDTH) return line
  const lines: string[] = []
  for (const [index, word] of words.entries()) {
    if (lines.length === 0 || (index > 1 && argv[index]!.startsWith('-'))) lines.push(word)
    else lines[lines.length - 1] += ` ${word}`
  }
  // One option on a line of its own would only be torn off.
  return lines.length > 2 ? lines.join(' \\\n  ') : line
}
