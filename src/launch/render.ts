import { quote } from '../boot/launch.ts'
import type { LaunchCommand, LaunchPlan, LaunchStep } from './launch.ts'

/** A plan as text for sh(1), to paste: files as here-documents, the undos after the system has ended. */
export function render(plan: LaunchPlan): string {
  const undos = plan.before.flatMap(({ undo }) => undo ?? []).reverse()
  return [...plan.before.map(stepText), commandText(plan.main), ...undos.map(commandText)].join('')
}

function stepText({ do: work }: LaunchStep): string {
  if ('argv' in work) return commandText(work)
  // A word that no line of the text is.
  let end = 'EOF'
  while (work.text.split('\n').includes(end)) end += '_'
  const body = work.text === '' || work.text.endsWith('\n') ? work.text : `${work.text}\n`
  return `# ${work.what}\ncat > ${quote(work.path)} <<'${end}'\n${body}${end}\n`
}

const commandText = ({ what, argv }: LaunchCommand): string => `# ${what}\n${argv.map(quote).join(' ')}\n`
