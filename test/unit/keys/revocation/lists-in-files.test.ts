import { copyFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { fileStates } from '../../../../src/keys/file-states.ts'
import { listsInFiles } from '../../../../src/keys/revocation/lists-in-files.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'
import { testKeyFile } from '../../../support/test-keys.ts'

test('revocation lists come from the files of our authorities, and from what replaces them while we run', async () => {
  using folder = temporaryFolder()
  const file = join(folder.path, 'own.pem')
  const problems: unknown[] = []
  copyFileSync(testKeyFile('chain.pem'), file)
  const lists = listsInFiles(
    [file, testKeyFile('root-ca.crl.pem')],
    (error) => problems.push(error),
    fileStates(0),
  )
  expect(await lists()).toHaveLength(1)
  copyFileSync(testKeyFile('intermediate-ca.crl.pem'), file)
  utimesSync(file, 1, 1)
  expect(await lists()).toHaveLength(2)
  expect(problems).toEqual([])
})

test('a list that breaks or goes away leaves the last one in force, and is told once', async () => {
  using folder = temporaryFolder()
  const file = join(folder.path, 'own.pem')
  copyFileSync(testKeyFile('intermediate-ca.crl.pem'), file)
  const problems: unknown[] = []
  const lists = listsInFiles([file], (error) => problems.push(error), fileStates(0))
  await lists()
  writeFileSync(file, '-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n')
  expect(await lists()).toHaveLength(1)
  rmSync(file)
  expect(await lists()).toHaveLength(1)
  expect(await lists()).toHaveLength(1)
  expect(problems.map(String)).toEqual([
    expect.stringMatching(/own\.pem: revocation list 1 cannot be read/),
    expect.stringMatching(/ENOENT/),
  ])
})
