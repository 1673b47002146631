import type { HeldOriginal } from '../../src/storage/held-originals.ts'

/** An original that was held at noon and is due at midnight. */
export const anyHeldOriginal = (changed: Partial<HeldOriginal> = {}): HeldOriginal => ({
  id: '0123456789abcdefghjkmnpqrs',
  recipients: ['ann@example.com'],
  sender: 'carl@client.example',
  author: 'carl@client.example',
  messageId: '<1@client.example>',
  digest: 'd1',
  sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  fileName: 'Bilanz.docx',
  office: 'docx',
  bytes: 12_345,
  blob: '00112233445566778899aabbccddeeff',
  firstScan: {
    at: new Date('2026-03-01T12:00:00Z'),
    signatures: 'daily 27000',
    signaturesBuiltAt: new Date('2026-03-01T08:30:00Z'),
  },
  secondScan: undefined,
  heldAt: new Date('2026-03-01T12:00:00Z'),
  releaseAt: new Date('2026-03-02T00:00:00Z'),
  releaseObserved: 43_200_000,
  earlyRelease: undefined,
  state: 'held',
  settledAt: undefined,
  keptUntil: undefined,
  note: '',
  ...changed,
})
