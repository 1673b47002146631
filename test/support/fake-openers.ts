import { type ByteSource, bytesInMemory } from '../../src/message/byte-source.ts'
import type { LayerOpeners, SignedLayer } from '../../src/protection/layer-openers.ts'

/** Object identifiers of CMS, so that a file looks like what it is; the content behind is in the clear. */
const toyTypes = {
  cbc: '06092a864886f70d010703',
  foreign: '06092a864886f70d010703',
  damaged: '06092a864886f70d010703',
  gcm: '060b2a864886f70d0109100117',
  signed: '06092a864886f70d010702',
  'signed-badly': '06092a864886f70d010702',
  certificates: '06092a864886f70d010702',
  compressed: '060b2a864886f70d0109100109',
} as const

/** An entity that the fakes take for S/MIME. */
export function sealed(
  kind: keyof typeof toyTypes,
  content: string,
  type = 'application/pkcs7-mime',
): string {
  const bytes = Buffer.concat([
    Buffer.from(`3080${toyTypes[kind]}`, 'hex'),
    Buffer.from(`|${kind}|`),
    Buffer.from(content, 'latin1'),
  ])
  const lines = bytes.toString('base64').replaceAll(/.{76}/g, '$&\n')
  return `Content-Type: ${type}\nContent-Transfer-Encoding: base64\n\n${lines}\n`
}

const signedAs = (verdict: string): SignedLayer => ({
  kind: 'signed',
  format: 'smime',
  verdict: verdict === 'valid' ? 'valid' : 'invalid',
  reason: verdict,
  signer: { fingerprint: 'aa', addresses: ['ann@partner.example'] },
  signedAt: undefined,
})

/** Openers of toy formats: nothing is encrypted, and a signature says itself whether it is valid. */
export function fakeOpeners(change: Partial<LayerOpeners> = {}): LayerOpeners {
  const read = (bytes: { size: number; read(start: number, end: number): Uint8Array }) => {
    const whole = Buffer.from(bytes.read(0, bytes.size))
    const [, kind = ''] = whole.toString('latin1').split('|')
    return { kind, content: bytesInMemory(whole.subarray(whole.indexOf(`|${kind}|`) + kind.length + 2)) }
  }
  return {
    async decryptCms(cms) {
      const { kind, content } = read(cms)
      if (kind === 'foreign') return { kind: 'closed', reason: 'no-key' }
      if (kind === 'damaged') return { kind: 'closed', reason: 'damaged' }
      const cipher = kind === 'cbc' ? 'aes-256-cbc' : 'aes-256-gcm'
      const encrypted = {
        kind: 'encrypted',
        format: 'smime',
        cipher,
        isAuthenticated: kind === 'gcm',
        fingerprint: 'bb',
      } as const
      return { kind: 'opened', content, encrypted }
    },
    decompressCms: async (cms) => read(cms).content,
    async verifyCms(cms, covered) {
      const { kind, content } = read(cms)
      if (kind === 'certificates') return { layer: undefined, content: undefined, brought: [] }
      if (!covered) return { layer: signedAs(kind === 'signed' ? 'valid' : 'broken'), content, brought: [] }
      const verdict = Buffer.from(cms.read(0, cms.size)).toString().trim()
      return { layer: signedAs(verdict), content: undefined, brought: [] }
    },
    async decryptOpenPgp(message) {
      const armored = Buffer.from(message.read(0, message.size)).toString('latin1')
      const content = /-----\r?\n\r?\n([\s\S]*)\r?\n-----END/.exec(armored)?.[1] ?? ''
      return {
        kind: 'opened',
        content: bytesInMemory(Buffer.from(`${content}\n`.replaceAll(/(?:\r?\n)+$/g, '\n'), 'latin1')),
        encrypted: {
          kind: 'encrypted',
          format: 'openpgp',
          cipher: 'aes-256',
          isAuthenticated: true,
          fingerprint: 'cc',
        },
        signed: { ...signedAs('valid'), format: 'openpgp' },
      }
    },
    verifyOpenPgp: async (_, signature) => ({
      ...signedAs(Buffer.from(signature.read(0, signature.size)).toString().trim()),
      format: 'openpgp',
    }),
    async openInline(source, parts) {
      const replacements = new Map<string, ByteSource>()
      for (const { path, part } of parts) {
        const armored = Buffer.from(source.read(part.bodyStart, part.bodyEnd)).toString('latin1')
        const text = /-----\r\n\r\n([\s\S]*)\r\n-----END/.exec(armored)?.[1] ?? ''
        replacements.set(
          path,
          bytesInMemory(Buffer.from(`Content-Type: text/plain\r\n\r\n${text}`, 'latin1')),
        )
      }
      const encrypted = {
        kind: 'encrypted',
        format: 'openpgp',
        cipher: 'aes256',
        isAuthenticated: true,
        fingerprint: 'cc',
      } as const
      return { kind: 'opened', replacements, layers: [encrypted] }
    },
    ...change,
  }
}
