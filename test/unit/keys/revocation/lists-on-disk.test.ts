import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { listsOnDisk } from '../../../../src/keys/revocation/lists-on-disk.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

test('a list on disk is found by its address, and replaced as a whole', async () => {
  using folder = temporaryFolder()
  const lists = listsOnDisk(join(folder.path, 'revocation'))
  expect(await lists.read('http://pki.test/1')).toBeUndefined()
  await lists.write('http://pki.test/1', Buffer.from('one'))
  await lists.write('http://pki.test/1', Buffer.from('two'))
  expect((await lists.read('http://pki.test/1'))?.bytes).toEqual(Buffer.from('two'))
  expect(await lists.read('http://pki.test/2')).toBeUndefined()
  expect(readdirSync(join(folder.path, 'revocation'))).toHaveLength(1)
})

test('of many lists on disk the oldest go', async () => {
  using folder = temporaryFolder()
  const lists = listsOnDisk(folder.path)
  for (let number = 0; number < 205; number++)
    await lists.write(`http://pki.test/${number}`, Buffer.from('x'))
  expect(readdirSync(folder.path)).toHaveLength(200)
  expect(await lists.read('http://pki.test/204')).toBeDefined()
})

test('a folder that cannot be used costs nothing but the lists', async () => {
  using folder = temporaryFolder()
  const file = join(folder.path, 'file')
  writeFileSync(file, '')
  const lists = listsOnDisk(file)
  await lists.write('http://pki.test/1', Buffer.from('one'))
  expect(await lists.read('http://pki.test/1')).toBeUndefined()
})
