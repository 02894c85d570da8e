import type * as v from 'valibot'

/** `list`: items without blanks, `lines`: items with blanks. In a flag or variable commas separate the former, `;` the latter. */
export type Kind = 'text' | 'number' | 'boolean' | 'list' | 'lines'

/** One setting. */
export interface Key<S extends v.GenericSchema = v.GenericSchema> {
  kind: Kind
  /** Its message is what an error names as expected. */
  schema: S
  /** One line for be.toml(5), be.toml.sample and `be help settings`. */
  doc: string
  /** The default, or an example where there is none; empty for neither. */
  shown: string
}

/** The settings of one table of be.toml, by dotted name. */
export type Section<Table extends string> = Record<`${Table}.${string}`, Key>

export const key = <S extends v.GenericSchema>(kind: Kind, schema: S, doc: string, shown = ''): Key<S> => ({
  kind,
  schema,
  doc,
  shown,
})
