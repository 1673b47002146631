import { expect, test } from 'vitest'
import { askedOnce } from '../../../src/keys/asked-once.ts'

test('the steps of one message ask the store once for each address', async () => {
  const asked: string[] = []
  const find = async (address: string) => {
    asked.push(address)
    return []
  }
  const store = askedOnce({ find, privateKeyOf: async (fingerprint) => `key of ${fingerprint}` })
  await Promise.all([store.find('bob@partner.example'), store.find('bob@partner.example')])
  await store.find('ann@kanzlei.example')
  expect(asked).toEqual(['bob@partner.example', 'ann@kanzlei.example'])
  expect(await store.privateKeyOf('4711')).toBe('key of 4711')
})
