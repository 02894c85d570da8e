/** Whether a variable of rc.conf(5) is on: YES, TRUE, ON or 1 in any case, as checkyesno of rc.subr(8) reads it. */
export const isYes = (value: string | undefined): boolean => /^(yes|true|on|1)$/i.test(value ?? '')
