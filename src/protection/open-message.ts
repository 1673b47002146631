import { authorOf } from '../message/address.ts'
import { buildPart, entityOf } from '../message/build-part.ts'
import type { ByteSource, Workspace } from '../message/byte-source.ts'
import { decoded } from '../message/decode-body.ts'
import type { ClosedReason, ProtectionFacts, ProtectionFormat, ProtectionLayer } from '../message/facts.ts'
import { firstValue } from '../message/header.ts'
import type { HeaderField } from '../message/header-field.ts'
import { describesBody, type MimeEntity } from '../message/mime-entity.ts'
import type { MimePart } from '../message/mime-part.ts'
import type { BroughtCertificate, OpenedMessage } from '../message/opened-message.ts'
import { readMessage } from '../message/read-message.ts'
import type { ReceivedMessage } from '../message/received-message.ts'
import { replaceParts } from '../message/rewrite.ts'
import { closedParts } from './closed-parts.ts'
import { contentEntity } from './content-entity.ts'
import { findInlineLayer } from './find-inline-layer.ts'
import { type FoundLayer, findLayer } from './find-layer.ts'
import type { InlineOpening, LayerOpeners, OpeningPlace } from './layer-openers.ts'
import { protectedFields } from './protected-fields.ts'
import { withoutLegacyDisplay } from './without-legacy-display.ts'

/** Triple wrapping (RFC 2634 1.1) has three; compression one more. Each costs a pass over the whole message. */
const maxLayers = 5

/**
 * Takes off whatever protects a message, one layer after the other: decrypts, verifies, unpacks. Only what is the whole
 * content, or the one content of a multipart/signed, is opened, and what was inside takes the place of all that was
 * around it: nothing decrypted ever stands beside what a stranger wrote (EFAIL, direct exfiltration). A clear signature
 * around readable content stays in the mail, so that the recipient's program can show it too. Fails only where a key
 * store does.
 */
export async function openMessage(
  message: ReceivedMessage,
  openers: LayerOpeners,
  workspace: Workspace,
  signal: AbortSignal,
): Promise<OpenedMessage> {
  const found = authorOf(message.fields)
  const place: OpeningPlace = {
    author: found.kind === 'author' ? found.address : undefined,
    receivedAt: message.receivedAt,
    workspace,
    signal,
  }
  const layers: ProtectionLayer[] = []
  const brought: BroughtCertificate[] = []
  let shown = message
  let entity = message.tree.root
  let header: readonly HeaderField[] = []
  for (let count = 0; ; count += 1) {
    signal.throwIfAborted()
    const layer = await findLayer(shown.source, entity)
    const parts =
      layer || entity !== shown.tree.root ? undefined : await findInlineLayer(shown.source, entity)
    if (!layer && !parts) break
    const taken =
      count >= maxLayers
        ? stop(closed(layer ? formatOf(layer) : 'openpgp', 'too-large'))
        : layer
          ? await takeOff(layer, shown.source, openers, place)
          : inline(await openers.openInline(shown.source, parts ?? [], place), shown)
    layers.push(...taken.layers)
    brought.push(...(taken.brought ?? []))
    if (taken.kind === 'stop') break
    if (taken.kind === 'below') {
      entity = taken.entity
      header = entity.fields
      continue
    }
    const inside = await contentEntity(taken.content, workspace)
    shown = await withContent(message, message.fields, inside.entity)
    entity = shown.tree.root
    header = inside.header
  }
  if (!layers.some(({ kind }) => kind === 'closed')) {
    for (const format of await closedParts(shown.source, entity)) layers.push(closed(format, 'not-alone'))
  }
  const protection = summaryOf(layers)
  const restored = await withProtectedFields(shown, message, header, protection)
  const showsSubject = firstValue(restored.fields, 'Subject') !== firstValue(message.fields, 'Subject')
  const isCovered = entity !== shown.tree.root
  const clean = showsSubject && !isCovered ? await withoutLegacyDisplay(restored, workspace) : restored
  return { message: clean, protection, brought }
}

interface Taken {
  readonly layers: readonly ProtectionLayer[]
  readonly brought?: readonly BroughtCertificate[]
}

/** `content` takes the place of everything; `below` is still in the message as it stands. */
type TakenOff =
  | (Taken & { readonly kind: 'content'; readonly content: ByteSource })
  | (Taken & { readonly kind: 'below'; readonly entity: MimePart })
  | (Taken & { readonly kind: 'stop' })

async function takeOff(
  layer: FoundLayer,
  source: ByteSource,
  openers: LayerOpeners,
  place: OpeningPlace,
): Promise<TakenOff> {
  const contentOf = (part: MimePart) => place.workspace.collect(decoded(source, part))
  switch (layer.kind) {
    case 'enveloped':
      return decrypted('smime', await openers.decryptCms(await contentOf(layer.part), place))
    case 'pgp-encrypted': {
      if (!layer.part) return stop(closed('openpgp', 'unsupported'))
      return decrypted('openpgp', await openers.decryptOpenPgp(await contentOf(layer.part), place))
    }
    case 'pgp-text':
      return inline(
        await openers.openInline(source, [{ kind: 'encrypted-text', path: '', part: layer.part }], place),
      )
    case 'pgp-signed-text':
      return inline(
        await openers.openInline(source, [{ kind: 'clear-signed-text', path: '', part: layer.part }], place),
      )
    case 'compressed': {
      const content = await openers.decompressCms(await contentOf(layer.part), place)
      return content ? { kind: 'content', layers: [], content } : stop(closed('smime', 'unsupported'))
    }
    case 'opaque-signed': {
      const verified = await openers.verifyCms(await contentOf(layer.part), undefined, place)
      const { layer: signed, content, brought } = verified
      if (content) return { kind: 'content', layers: signed ? [signed] : [], content, brought }
      // Certificates on their way are no box; a signature whose content cannot be read is one.
      return stop(...(signed ? [signed, closed('smime', 'damaged')] : []))
    }
    case 'clear-signed': {
      const { covered, signature, format } = layer
      const bytes = source.window(covered.headerStart, covered.bodyEnd)
      const detached = await contentOf(signature)
      const { layer: signed, brought } =
        format === 'smime'
          ? await openers.verifyCms(detached, bytes, place)
          : { layer: await openers.verifyOpenPgp(bytes, detached, place), brought: [] as const }
      return { kind: 'below', layers: signed ? [signed] : [], entity: covered, brought }
    }
  }
}

/** Of a text: it is the one part. */
function inline(opening: InlineOpening, tree?: Pick<ReceivedMessage, 'source' | 'tree'>): TakenOff {
  if (opening.kind === 'closed') return stop(closed('openpgp', opening.reason))
  const { replacements, layers } = opening
  if (replacements.size === 0) return stop(...layers)
  const content = tree ? replaceParts(tree.source, tree.tree, replacements) : replacements.get('')
  return content ? { kind: 'content', layers, content } : stop(...layers)
}

function decrypted(
  format: ProtectionFormat,
  result: Awaited<ReturnType<LayerOpeners['decryptCms']>>,
): TakenOff {
  if (result.kind === 'closed') return stop(closed(format, result.reason))
  const layers = result.signed ? [result.encrypted, result.signed] : [result.encrypted]
  return { kind: 'content', layers, content: result.content }
}

function stop(...layers: readonly ProtectionLayer[]): TakenOff {
  return { kind: 'stop', layers }
}

function closed(format: ProtectionFormat, reason: ClosedReason): ProtectionLayer {
  return { kind: 'closed', format, reason }
}

function formatOf(layer: FoundLayer): ProtectionFormat {
  if (layer.kind === 'clear-signed') return layer.format
  return layer.kind.startsWith('pgp-') ? 'openpgp' : 'smime'
}

function summaryOf(layers: readonly ProtectionLayer[]): ProtectionFacts {
  const verdicts = layers.flatMap((layer) => (layer.kind === 'signed' ? [layer.verdict] : []))
  const kinds = new Set(layers.map(({ kind }) => kind))
  return {
    layers,
    signature: verdicts.includes('invalid') ? 'invalid' : verdicts.includes('valid') ? 'valid' : 'none',
    encryption: kinds.has('closed') ? 'closed' : kinds.has('encrypted') ? 'opened' : 'none',
    isMalleable: layers.some(
      (layer, index) =>
        layer.kind === 'encrypted' && !layer.isAuthenticated && !hasValidSignature(layers.slice(index + 1)),
    ),
  }
}

function hasValidSignature(layers: readonly ProtectionLayer[]): boolean {
  return layers.some((layer) => layer.kind === 'signed' && layer.verdict === 'valid')
}

/** The message with another body; what its header says of the old one goes. */
async function withContent(
  message: ReceivedMessage,
  fields: readonly HeaderField[],
  entity: MimeEntity,
): Promise<ReceivedMessage> {
  const own = fields.filter(({ name }) => !describesBody(name))
  const version = { name: 'MIME-Version', value: ' 1.0' }
  return { ...message, ...(await readMessage(buildPart([...own, version, ...entity.fields], entity.body))) }
}

/** Only of what was encrypted, or validly signed, the inner fields count, and never where a signature is invalid. */
async function withProtectedFields(
  shown: ReceivedMessage,
  original: ReceivedMessage,
  header: readonly HeaderField[],
  { signature, encryption }: ProtectionFacts,
): Promise<ReceivedMessage> {
  const isProtected = signature === 'valid' || (signature === 'none' && encryption === 'opened')
  const inner = isProtected ? protectedFields(header, original.fields) : []
  if (inner.length === 0) return shown
  const replaced = new Set(inner.map(({ name }) => name.toLowerCase()))
  const others = original.fields.filter(({ name }) => !replaced.has(name.toLowerCase()))
  const entity = entityOf(shown.fields, shown.source, shown.bodyStart)
  return withContent(original, [...others, ...inner], entity)
}
