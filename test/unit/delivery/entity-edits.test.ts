import { describe, expect, it } from 'vitest'
import { deletions, entityEdits } from '../../../src/delivery/entity-edits.ts'
import { previousQueueId } from '../../../src/delivery/previous-queue-id.ts'
import { bytesInMemory } from '../../../src/message/byte-source.ts'

const fields = [
  {
    name: 'Received',
    value: ' from pc by mail.kanzlei.example (Postfix) with ESMTPSA id 4dLkX12Zz8z3\r\n\tfor <a@b>; now',
  },
  { name: 'Content-Type', value: ' text/plain' },
  { name: 'Subject', value: ' Content-Type: none' },
  { name: 'content-type', value: ' text/html' },
  { name: 'MIME-Version', value: ' 1.0' },
]

describe('edits of the header', () => {
  it('delete every field that described the old body, from the last occurrence up', () => {
    const edits = entityEdits(fields, {
      fields: [{ name: 'Content-Type', value: ' application/pkcs7-mime' }],
      body: bytesInMemory(new Uint8Array()),
    })
    expect(edits).toEqual([
      { kind: 'deleteHeader', name: 'MIME-Version', occurrence: 1 },
      { kind: 'deleteHeader', name: 'content-type', occurrence: 2 },
      { kind: 'deleteHeader', name: 'Content-Type', occurrence: 1 },
      { kind: 'addHeader', name: 'MIME-Version', value: ' 1.0' },
      { kind: 'addHeader', name: 'Content-Type', value: ' application/pkcs7-mime' },
    ])
  })

  it('leave alone what nobody wants deleted', () => {
    expect(deletions(fields, () => false)).toEqual([])
  })
})

describe('the queue id of the hop before us', () => {
  it('stands in the topmost Received field', () => {
    expect(previousQueueId(fields)).toBe('4dLkX12Zz8z3')
  })

  it('is unknown without a Received field, and with one that was made up to carry options', () => {
    expect(previousQueueId(fields.slice(1))).toBeUndefined()
    expect(previousQueueId([{ name: 'Received', value: ' by x id -c/etc' }])).toBeUndefined()
  })
})
