import type { HeaderField } from '../message/header-field.ts'
import { describesBody, type MimeEntity } from '../message/mime-entity.ts'
import type { Edit } from '../milter/filter.ts'

/** The edits that make Postfix's header describe `entity` instead of the body that came with `fields`. */
export function entityEdits(fields: readonly HeaderField[], entity: MimeEntity): Edit[] {
  return [
    ...deletions(fields, describesBody),
    { kind: 'addHeader', name: 'MIME-Version', value: ' 1.0' },
    ...entity.fields.map(({ name, value }): Edit => ({ kind: 'addHeader', name, value })),
  ]
}

/** The edits that bring each field of one of these names from what `fields` says to what `wanted` says. */
export function fieldEdits(
  fields: readonly HeaderField[],
  wanted: readonly HeaderField[],
  names: readonly string[],
): Edit[] {
  return names.flatMap((name) => {
    const isNamed = (each: string) => each.trim().toLowerCase() === name.toLowerCase()
    const before = fields.filter((field) => isNamed(field.name)).map(({ value }) => value)
    const after = wanted.filter((field) => isNamed(field.name)).map(({ value }) => value)
    if (JSON.stringify(before) === JSON.stringify(after)) return []
    return [
      ...deletions(fields, isNamed),
      ...after.map((value): Edit => ({ kind: 'addHeader', name, value })),
    ]
  })
}

/**
 * Deletes every field whose name is `unwanted`. From the highest occurrence down: deleting shifts the numbers of
 * the fields behind it (milter protocol, CHGHEADER).
 */
export function deletions(fields: readonly HeaderField[], unwanted: (name: string) => boolean): Edit[] {
  const seen = new Map<string, number>()
  const edits: Edit[] = []
  for (const { name } of fields) {
    if (!unwanted(name)) continue
    const occurrence = (seen.get(name.toLowerCase()) ?? 0) + 1
    seen.set(name.toLowerCase(), occurrence)
    edits.push({ kind: 'deleteHeader', name, occurrence })
  }
  return edits.reverse()
}
