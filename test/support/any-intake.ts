import type { Intake } from '../../src/storage/intakes.ts'

/** A certificate that came in and of which nothing was said yet, changed as wished. */
export function anyIntake(change: Partial<Intake> = {}): Intake {
  return {
    ...{ id: '1234-5678-9ABC', kind: 'smime', fingerprint: '01', addresses: ['bob@partner.example'] },
    ...{ material: 'pem', chain: [], author: 'bob@partner.example', messageId: '<1@partner.example>' },
    ...{ receivedAt: new Date('2026-11-21T12:00:00Z'), isAuthentic: true, vouchedBy: undefined },
    ...{ state: 'received', reason: '', proof: undefined, isProven: false, settledAt: undefined },
    ...change,
  }
}
