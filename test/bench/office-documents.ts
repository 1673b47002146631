import { existsSync, readFileSync } from 'node:fs'
import type { OfficeKind } from '../../src/message/facts.ts'
import { docx, odp, odt, rtf, xlsx } from '../integration/converter/documents.ts'

export interface OfficeDocument {
  readonly name: string
  readonly office: OfficeKind
  readonly bytes: Uint8Array
}

const samples = new URL('../../../shared/testdata/office/', import.meta.url)

/** 20 documents as people send them: real ones where they are at hand, else pages of text written here. */
export function ordinaryDocuments(): {
  readonly documents: readonly OfficeDocument[]
  readonly real: boolean
} {
  const manifest = new URL('MANIFEST.json', samples)
  if (!existsSync(manifest)) return { documents: builtDocuments(), real: false }
  const { files } = JSON.parse(readFileSync(manifest, 'utf8')) as {
    files: readonly { file: string; format: string; expected: string; features?: readonly string[] }[]
  }
  const documents = files
    .filter(({ expected, features }) => expected === 'converts' && features === undefined)
    .slice(0, 20)
    .map(({ file, format }) => ({
      name: file,
      office: format as OfficeKind,
      bytes: readFileSync(new URL(file, samples)),
    }))
  return { documents, real: true }
}

function builtDocuments(): OfficeDocument[] {
  const text = 'Sehr geehrte Frau Weber, anbei wie besprochen die Zahlen des Quartals. '.repeat(60)
  const writers = { docx, xlsx, odt, odp: (words: string) => odp(words, []), rtf }
  return Object.entries(writers).flatMap(([office, write]) =>
    [1, 2, 3, 4].map((times) => ({
      name: `${times}.${office}`,
      office: office as OfficeKind,
      bytes: write(text.repeat(times)),
    })),
  )
}
