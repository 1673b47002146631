import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { claimFolder } from '../../../src/demonstration/claim-folder.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

test('a folder with something else in it is left alone', () => {
  using folder = temporaryFolder()
  writeFileSync(join(folder.path, 'thesis.txt'), 'years of work')
  expect(() => claimFolder(folder.path)).toThrow('is not empty')
  expect(readFileSync(join(folder.path, 'thesis.txt'), 'utf8')).toBe('years of work')
})

test('a second start removes what the first left, also after it was killed', () => {
  using folder = temporaryFolder()
  const site = join(folder.path, 'site')
  const first = claimFolder(site)
  mkdirSync(join(site, 'mail'))
  writeFileSync(join(first.run, 'socket'), '')
  // Not disposed of: it was killed.
  const second = claimFolder(site)
  expect(existsSync(join(site, 'mail'))).toBe(false)
  expect(existsSync(first.run)).toBe(false)
  expect(existsSync(join(site, 'run'))).toBe(true)
  second[Symbol.dispose]()
  expect(existsSync(second.run)).toBe(false)
})

test('a folder that a running demonstration uses is refused', () => {
  using folder = temporaryFolder()
  const site = join(folder.path, 'site')
  mkdirSync(site)
  // The parent of this test is a Node that lives.
  writeFileSync(join(site, '.postsiegel-demonstration'), `${process.ppid}\n`)
  expect(() => claimFolder(site)).toThrow(`in use by the demonstration with process id ${process.ppid}`)
})
