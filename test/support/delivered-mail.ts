import { tmpdir } from 'node:os'
import type { ConversionResult } from '../../src/converter/converter.ts'
import { deliverInbound } from '../../src/delivery/deliver-inbound.ts'
import type { OfficeHouse } from '../../src/delivery/replace-office-files.ts'
import { attachedFiles, officeIn } from '../../src/inspection/office-files.ts'
import { decodedBytes } from '../../src/message/decode-body.ts'
import { noProtection, unaskedFacts } from '../../src/message/facts.ts'
import type { MimePart } from '../../src/message/mime-part.ts'
import { builtInInbound } from '../../src/policy/find-policy.ts'
import type { InboundPolicy } from '../../src/policy/policy.ts'
import { openWorkspace } from '../../src/storage/spool.ts'
import { anyHeldOriginal } from './held-original.ts'
import { receivedMessage } from './received-message.ts'

const never = new AbortController().signal

/** A policy that may withhold. */
export const withBasis: InboundPolicy = { ...builtInInbound, withholdingBasis: 'company rule' }

/** What the converter of these tests makes of everything. */
export const pdf = Buffer.from('%PDF-1.7 made by a test')

/** And of web pages. */
export const pageAsPdf = Buffer.from('%PDF-1.7 of a page')

export interface DeliveredLeaf {
  readonly name: string
  readonly bytes: Buffer
}

/** An accepted mail as it arrives, its leaves, what was held, and what our fields and the record say. */
export async function deliveredMail(
  mail: Uint8Array | string,
  {
    policies = [withBasis],
    score = 0,
    convert = async () => ({ kind: 'converted', pdf, pages: 1, cut: false }),
  }: {
    readonly policies?: readonly InboundPolicy[]
    readonly score?: number
    readonly convert?: () => Promise<ConversionResult>
  } = {},
) {
  const message = receivedMessage(typeof mail === 'string' ? mail : Buffer.from(mail))
  const files = await attachedFiles(message, never)
  const held: { fileName: string; path: readonly number[]; bytes: Buffer }[] = []
  const house: OfficeHouse = {
    telephone: '+49 30 5550100',
    converter: { convert, render: async () => ({ kind: 'converted', pdf: pageAsPdf, pages: 1, cut: false }) },
    hold: async (_, originals) =>
      originals.map(({ fileName, path, content }) => {
        held.push({ fileName, path, bytes: Buffer.from(content.read(0, content.size)) })
        return anyHeldOriginal({ id: `id-${path.join('-')}`, releaseAt: new Date('2026-11-22T11:40:00Z') })
      }),
  }
  await using workspace = openWorkspace(tmpdir(), { sizeLimit: 200e6 })
  const accepted = {
    opened: message,
    facts: {
      authentication: {
        author: { address: 'ann@partner.example', domain: 'partner.example' },
        spf: { result: 'pass' as const, domain: 'partner.example', aligned: true },
        dkim: [],
        dmarc: { result: 'pass' as const, policy: 'reject' as const },
        arc: 'none' as const,
      },
      scan: { kind: 'clean' as const, signatures: 'test', signaturesBuiltAt: new Date(0) },
      files,
      office: officeIn(files),
      relations: [],
      ...unaskedFacts,
      ownDomain: false,
      ambiguities: [],
      protection: noProtection,
    },
    score,
    signals: [],
    policy: policies[0] ?? withBasis,
    policies,
  }
  const answer = await deliverInbound(message, accepted, house, workspace, never)
  if (answer.kind !== 'accept') throw new Error('refused')
  const pieces: Uint8Array[] = []
  for await (const piece of answer.body ?? message.source.stream(message.bodyStart))
    pieces.push(Uint8Array.from(piece))
  const body = Buffer.concat(pieces)
  const isContent = (name: string) => /^(?:content-|mime-version)/i.test(name)
  const replaced = answer.edits.filter((edit) => edit.kind === 'addHeader' && isContent(edit.name))
  const fields = replaced.length > 0 ? replaced : message.fields.filter(({ name }) => isContent(name))
  const head = fields.map((field) => ('value' in field ? `${field.name}:${field.value}\r\n` : '')).join('')
  const result = receivedMessage(Buffer.concat([Buffer.from(`${head}\r\n`, 'latin1'), body]))
  const leaves: DeliveredLeaf[] = []
  for (const part of leavesOf(result.tree.root)) {
    const { type, subtype } = part.contentType
    const bytes = Buffer.from(await decodedBytes(result.source, part, 100e6))
    leaves.push({ name: part.fileName ?? `${type}/${subtype}`, bytes })
  }
  const invoices = answer.edits.find((edit) => edit.name === 'X-Postsiegel-Invoices')
  return {
    untouched: answer.body === undefined,
    leaves,
    names: leaves.map(({ name }) => name),
    notice: leaves
      .filter(({ name }) => name === 'text/plain')
      .map(({ bytes }) => bytes.toString())
      .join('\n'),
    held,
    office: answer.changes ?? [],
    invoices: invoices && 'value' in invoices ? invoices.value.replaceAll(/\r\n\s*/g, ' ').trim() : '',
  }
}

const leavesOf = (part: MimePart): MimePart[] =>
  part.children.length > 0 ? part.children.flatMap(leavesOf) : [part]

/** A mail with these attachments behind a short text. */
export function mailWith(
  ...attachments: readonly { readonly name: string; readonly content: Uint8Array; readonly type?: string }[]
): Buffer {
  const part = ({ name, content, type = 'application/octet-stream' }: (typeof attachments)[number]) =>
    `--outer\r\nContent-Type: ${type}; name="${name}"\r\nContent-Transfer-Encoding: base64\r\n\r\n` +
    `${Buffer.from(content).toString('base64').replaceAll(/.{76}/g, '$&\r\n')}\r\n`
  return Buffer.from(
    'From: ann@partner.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=outer\r\n\r\n' +
      '--outer\r\nContent-Type: text/plain\r\n\r\nGuten Tag.\r\n' +
      `${attachments.map(part).join('')}--outer--\r\n`,
  )
}
