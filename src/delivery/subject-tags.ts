import { buildField } from '../message/build-field.ts'
import { decodeText } from '../message/encoded-words.ts'
import type { ProtectionFacts } from '../message/facts.ts'
import { fieldsNamed, unfold } from '../message/header.ts'
import type { HeaderField } from '../message/header-field.ts'
import type { Edit } from '../milter/filter.ts'
import { isWritable } from '../protection/writable-field.ts'
import { deletions } from './entity-edits.ts'

const tags = {
  valid: '[signed OK]',
  invalid: '[signed INVALID]',
  opened: '[encrypted]',
  closed: '[not decrypted]',
} as const

/** What the subject says of a message's protection; without a signature there is no word on one. */
export function subjectTagsFor({ signature, encryption }: ProtectionFacts): string {
  return [
    ...(encryption === 'none' ? [] : [tags[encryption]]),
    ...(signature === 'none' ? [] : [tags[signature]]),
  ].join(' ')
}

/**
 * The edits that end the subject with `added`, and take out of it whatever looks like a tag of ours: who writes to us
 * cannot say himself that he has signed. `shown` are the fields of the message as it is shown, `original` those that
 * Postfix has. undefined: tags mean nothing here. A subject without a forgery keeps its bytes.
 */
export function subjectEdits(
  original: readonly HeaderField[],
  shown: readonly HeaderField[],
  added: string | undefined,
): Edit[] {
  const subjects = fieldsNamed(shown, 'Subject')
  const isForged = added !== undefined && subjects.some((field) => withoutTags(textOf(field)) !== undefined)
  const isSame = valuesOf(original) === valuesOf(shown)
  if (!isForged && !added && isSame) return []
  // Of two subjects each program shows another: the one that is left is the one that is judged.
  const value = subjects[0]?.value ?? ''
  const clean = isForged ? withoutTags(textOf({ name: 'Subject', value })) : undefined
  const isKept = clean === undefined && isWritable({ name: 'Subject', value })
  const bare = isKept ? value : buildField('Subject', clean ?? textOf({ name: 'Subject', value })).value
  const tag = added ? (bare.trim() === '' ? ` ${added}` : `\r\n ${added}`) : ''
  const written = `${bare.trimEnd()}${tag}`
  return [
    ...deletions(original, (name) => name.trim().toLowerCase() === 'subject'),
    ...(written.trim() === '' ? [] : [{ kind: 'addHeader', name: 'Subject', value: written } as const]),
  ]
}

function valuesOf(fields: readonly HeaderField[]): string {
  return JSON.stringify(fieldsNamed(fields, 'Subject').map(({ value }) => value))
}

/** As a reader sees it: what he does not see, or sees as something else, is made what he sees. */
function textOf({ value }: HeaderField): string {
  return decodeText(unfold(value))
    .normalize('NFKC')
    .replaceAll(/[\p{Cf}\p{Mn}\u115f\u1160\u3164]/gu, '')
    .replaceAll(/\s+/g, ' ')
    .trim()
}

/** Digits that look like letters of our tags. */
const lookalikes: Readonly<Record<string, string>> = { 0: 'o', 1: 'i', 3: 'e', 5: 's' }

/** Each tag, and two in one bracket. */
const forgeable = [
  ...Object.values(tags),
  `${tags.opened}${tags.valid}`,
  `${tags.opened}${tags.invalid}`,
  `${tags.closed}${tags.valid}`,
  `${tags.closed}${tags.invalid}`,
].map(lettersOf)

/** As many tags within each other as are looked for: each costs a pass. */
const mostNested = 8

/** The text without what looks like a tag; undefined if nothing does. */
function withoutTags(text: string): string | undefined {
  let rest = text
  for (let count = 0; ; count += 1) {
    const next = rest.replaceAll(bracketed, (whole, inside: string) => (isTag(inside) ? ' ' : whole))
    if (next === rest) break
    rest = next.replaceAll(/ +/g, ' ').trim()
    // Nobody writes so: without brackets nothing is a tag.
    if (count === mostNested) rest = rest.replaceAll(/[\p{Ps}\p{Pe}]/gu, ' ')
  }
  return rest === text ? undefined : rest
}

/** What stands in brackets of any form. */
const bracketed = /\p{Ps}([^\p{Ps}\p{Pe}]{1,60})\p{Pe}/gu

/** Letters of another script stand for any letter: `signеd` with a Cyrillic e is read as ours. Also what is shown from right to left. */
function isTag(inside: string): boolean {
  const letters = lettersOf(inside)
  const isLike = (tag: readonly string[]) =>
    tag.length === letters.length &&
    letters.every((letter, index) => letter === tag[index] || !/[!-~]/.test(letter)) &&
    letters.filter((letter) => /[!-~]/.test(letter)).length * 2 > letters.length
  return forgeable.some((tag) => isLike(tag) || isLike(tag.toReversed()))
}

function lettersOf(text: string): readonly string[] {
  const letters = text.toLowerCase().replaceAll(/[\s\p{P}\p{So}|^`~$+<=>]/gu, '')
  return Array.from(letters, (letter) => lookalikes[letter] ?? letter)
}
