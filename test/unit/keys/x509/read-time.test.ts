import { expect, it, test } from 'vitest'
import { MalformedDer, readDer } from '../../../../src/keys/x509/read-der.ts'
import { readTime } from '../../../../src/keys/x509/read-time.ts'
import { der, time } from '../../../../src/keys/x509/write-der.ts'

const written = (tag: number, text: string) => readDer(der(tag, Buffer.from(text)))

test.each(['1950-01-01', '2049-12-31', '2050-01-01', '2024-02-29', '0999-05-01'])('%s is read', (day) => {
  const date = new Date(`${day}T12:34:56Z`)
  expect(readTime(readDer(time(date)))).toEqual(date)
})

it.each([
  [0x17, '240229123456'],
  [0x17, '2402291234Z'],
  [0x17, '230229123456Z'],
  [0x18, '20240101240000Z'],
  [0x18, '20240101000000.5Z'],
  [0x18, '20241301000000Z'],
  [0x04, '240229123456Z'],
])('takes %i %s for no time', (tag, text) => {
  expect(() => readTime(written(tag, text))).toThrow(MalformedDer)
})
