/**
 * The words of a line as iPXE takes it (split_command() and command_terminator() in src/core/exec.c): up to a comment
 * or the end of the command.
 */
export function ipxeWords(line: string): string[] {
  const words = line.split(/\s+/).filter(word => word !== '')
  const end = words.findIndex(word => word.startsWith('#') || [';', '&&', '||'].includes(word))
  return end < 0 ? words : words.slice(0, end)
}
