import { expect, test } from 'vitest'
import { fileWithin } from '../../../src/delivery/file-within.ts'
import { bytesInMemory } from '../../../src/message/byte-source.ts'
import { anyHeldOriginal } from '../../support/held-original.ts'

const order = [anyHeldOriginal(), bytesInMemory(Buffer.from('')), new Date(0)] as const

test('a file server that hangs is given up, and asked again only when it has answered', async () => {
  const answers: (() => void)[] = []
  let asked = 0
  const file = fileWithin(50, async (folder) => {
    asked++
    if (folder === '/hangs') await new Promise<void>((resolve) => answers.push(resolve))
    return folder
  })
  await expect(file('/hangs', ...order)).rejects.toThrow('did not answer within 50 ms')
  await expect(file('/hangs', ...order)).rejects.toThrow('still does not answer')
  expect(asked).toBe(1)
  expect(await file('/works', ...order)).toBe('/works')
  for (const answer of answers) answer()
  const attempt = () => file('/hangs', ...order).catch((error: Error) => error.message)
  await expect.poll(attempt, { timeout: 30_000 }).toContain('did not answer')
  for (const answer of answers) answer()
})

test('a folder that fails is told at once, with its reason', async () => {
  const file = fileWithin(60_000, async () => {
    throw new Error('ENOENT')
  })
  await expect(file('/missing', ...order)).rejects.toThrow('ENOENT')
  await expect(file('/missing', ...order)).rejects.toThrow('ENOENT')
})
