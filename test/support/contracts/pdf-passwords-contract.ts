import { expect, test } from 'vitest'
import type { OpenStorage } from './storage-contract.ts'

const noon = new Date('2026-03-01T12:00:00Z')
const password = (first: number) => ({
  u: Uint8Array.from({ length: 48 }, (_, at) => first + at),
  wrapKey: Uint8Array.from({ length: 32 }, (_, at) => 255 - first - at),
})

export function pdfPasswordsContract(database: string, open: OpenStorage): void {
  test(`${database} gives a recipient's password derivation back, whatever the case of the address`, async () => {
    await using storage = await open()
    const { pdfPasswords } = storage
    await pdfPasswords.set('Carl@Client.example', password(1), noon)
    await pdfPasswords.set('dora@client.example', password(2), noon)
    await pdfPasswords.set('carl@client.example', password(3), noon)
    const found = await pdfPasswords.find('CARL@client.example')
    expect(found && { u: [...found.u], wrapKey: [...found.wrapKey] }).toEqual({
      u: [...password(3).u],
      wrapKey: [...password(3).wrapKey],
    })
    expect(await pdfPasswords.list()).toEqual([
      { recipient: 'carl@client.example', setAt: noon },
      { recipient: 'dora@client.example', setAt: noon },
    ])
  })

  test(`${database} removes a password once`, async () => {
    await using storage = await open()
    await storage.pdfPasswords.set('carl@client.example', password(1), noon)
    expect(await storage.pdfPasswords.remove('Carl@client.example')).toBe(true)
    expect(await storage.pdfPasswords.remove('carl@client.example')).toBe(false)
    expect(await storage.pdfPasswords.find('carl@client.example')).toBeUndefined()
  })

  test(`${database} refuses what is not a derived password`, async () => {
    await using storage = await open()
    const short = { u: new Uint8Array(47), wrapKey: new Uint8Array(32) }
    await expect(storage.pdfPasswords.set('carl@client.example', short, noon)).rejects.toThrow(RangeError)
  })
}
