import { expect, it } from 'vitest'
import { securityField } from '../../../src/delivery/security-field.ts'
import { noProtection } from '../../../src/message/facts.ts'

const text = (value: string) => value.replaceAll(/\r\n\s*/g, ' ').trim()

it('mail without protection is called so', () => {
  expect(securityField(noProtection, false)).toEqual({
    name: 'X-Postsiegel-Security',
    value: ' signature=none; encryption=none',
  })
})

it('each layer is told, the outermost first', () => {
  const { value } = securityField(
    {
      signature: 'invalid',
      encryption: 'opened',
      isMalleable: true,
      layers: [
        {
          kind: 'encrypted',
          format: 'smime',
          cipher: 'aes-256-cbc',
          isAuthenticated: false,
          fingerprint: 'aa',
        },
        {
          kind: 'signed',
          format: 'openpgp',
          verdict: 'invalid',
          reason: 'wrong-address',
          signer: { fingerprint: 'bb', addresses: ['eve@evil.example'] },
          signedAt: undefined,
        },
      ],
    },
    true,
  )
  expect(text(value)).toBe(
    'signature=invalid; encryption=opened; layer="smime encrypted aes-256-cbc unauthenticated"; ' +
      'layer="openpgp signed invalid wrong-address eve@evil.example"; remote-content=removed',
  )
})

it('what a certificate says cannot leave its place in the field', () => {
  const { value } = securityField(
    {
      ...noProtection,
      layers: [
        {
          kind: 'signed',
          format: 'smime',
          verdict: 'invalid',
          reason: 'x"; signature=valid',
          signer: { fingerprint: '', addresses: ['a"; signature=valid\r\nX: y'] },
          signedAt: undefined,
        },
      ],
    },
    false,
  )
  expect(text(value).replaceAll(/"[^"]*"/g, 'Q')).toBe('signature=none; encryption=none; layer=Q')
})
