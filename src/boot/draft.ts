import type { Decision, SentCallBack } from './boot-plan.ts'
import type { ReplyOption } from './dhcp.ts'
import type { Handoff } from './plan-input.ts'
import type { Variable } from './variables/variable.ts'

/** A plan in the making: what the rules have decided so far. */
export class Draft {
  readonly options: ReplyOption[] = []
  readonly decisions: Decision[] = []
  siaddr: string | undefined
  file: string | undefined
  handoff: Handoff | undefined
  callback: SentCallBack | undefined
  /** The text from which what firmware loads takes its root: no other DHCP follows. */
  text: 'grub.cfg' | 'cmdline.txt' | undefined
  /** Variables that FreeBSD's loader gets in options 246 to 254. */
  variables: Variable[] = []
  /** No reply is to be sent. */
  silent = false
  /** Name of the rule that is running. */
  rule = ''

  /** Records a decision of the running rule. */
  note(part: string, value: string): void {
    this.decisions.push({ part, value, rule: this.rule })
  }

  /** Sets an option; replaces an earlier value, since two options of one code would be joined (RFC 3396). */
  setOption(code: number, value: Buffer | string): void {
    const option: ReplyOption = [code, typeof value === 'string' ? Buffer.from(value) : value]
    const before = this.options.findIndex(([known]) => known === code)
    if (before < 0) this.options.push(option)
    else this.options[before] = option
  }
}
