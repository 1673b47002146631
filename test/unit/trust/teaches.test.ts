import { describe, expect, it } from 'vitest'
import { teaches } from '../../../src/trust/teaches.ts'

const ann = 'ann@kanzlei.example'
const ownDomains = ['kanzlei.example']
const fieldsOf = (fields: readonly (readonly [string, string])[]) =>
  fields.map(([name, value]) => ({ name, value }))

describe('a mail of ours', () => {
  for (const [what, fields, teachesTrust] of [
    ['to a client teaches trust', [], true],
    ['that says it is no automatic answer teaches', [['Auto-Submitted', ' no']], true],
    ['with alternatives teaches', [['Content-Type', ' multipart/alternative; boundary=x']], true],
    ['that is a vacation reply does not', [['Auto-Submitted', ' auto-replied']], false],
    ['that is one by the words of others does not', [['X-Autoreply', ' yes']], false],
    ['that wants no automatic answers does not', [['X-Auto-Response-Suppress', ' OOF']], false],
    ['that is a newsletter does not', [['Precedence', ' Bulk']], false],
    ['from which one can unsubscribe does not', [['List-Unsubscribe', ' <mailto:x@y>']], false],
    ['of a mailing list does not', [['List-Id', ' <x>']], false],
    ['that is a receipt or report does not', [['Content-Type', ' Multipart/Report; x=y']], false],
  ] as const)
    it(what, () => {
      expect(teaches({ sender: ann, author: ann, ownDomains }, fieldsOf(fields))).toBe(teachesTrust)
    })
})

describe('a sender of ours', () => {
  for (const [what, sender, author, teachesTrust] of [
    ['who writes for a colleague teaches', ann, 'bob@kanzlei.example', true],
    ['in capitals teaches', 'Ann@Kanzlei.Example', ann, true],
    ['who is nobody does not', undefined, ann, false],
    ['who passes on mail of somebody outside does not', ann, 'carl@client.example', false],
    ['who is outside, behind a forwarding rule, does not', 'carl@client.example', ann, false],
    ['without a single author does not', ann, undefined, false],
    ['who is a machine does not', 'noreply@kanzlei.example', ann, false],
    ['who is a scanner does not', 'scanner-2og@kanzlei.example', ann, false],
    ['who sends newsletters does not', 'newsletter@kanzlei.example', ann, false],
    ['whose name only begins like a machine teaches', 'newman@kanzlei.example', ann, true],
    ['who is the office of all teaches', 'info@kanzlei.example', ann, true],
  ] as const)
    it(what, () => {
      expect(teaches({ sender, author, ownDomains }, [])).toBe(teachesTrust)
    })
})
