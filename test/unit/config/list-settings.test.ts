import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readSettings } from '../../../src/config/settings.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

async function listsOf(yaml: string) {
  using folder = temporaryFolder()
  const file = join(folder.path, 'postsiegel.yaml')
  const organization = 'organization: { name: Kanzlei, telephone: "+49 30 55", domains: [kanzlei.example] }\n'
  writeFileSync(file, `${organization}${yaml}`)
  return (await readSettings(file, {})).lists
}

const list = (change: object) =>
  `lists: ${JSON.stringify([
    { name: 'List', zone: 'bl.example', of: 'addresses', codes: { '127.0.0.2': 'strong' }, ...change },
  ])}`

describe('lists in the DNS', () => {
  it('are none unless the settings name some', async () => {
    expect(await listsOf('')).toEqual([])
  })

  it('are read as the README shows them', async () => {
    const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8')
    const example = /<!-- lists-example -->\n```yaml\n(.*?)```/s.exec(readme)?.[1] ?? ''
    const lists = await listsOf(example)
    expect(lists.map(({ of }) => of)).toEqual(['addresses', 'domains', 'addresses'])
    expect(lists[2]?.codes).toEqual({
      '127.0.0.255': 'off',
      '127.0.*.2': 'welcome',
      '127.0.*.3': 'warmly-welcome',
    })
  })

  for (const [what, change, place] of [
    ['without answers that mean something', { codes: {} }, 'codes'],
    ['with an answer outside of 127/8', { codes: { '10.0.0.1': 'strong' } }, 'codes'],
    ['with a weight that there is not', { codes: { '127.0.0.2': 'heavy' } }, 'codes'],
    ['with a zone that is none', { zone: 'bl example' }, 'zone'],
    ['with a misspelt key', { zones: 'bl.example' }, 'zones'],
    ['with a page that is no address', { url: 'javascript:alert(1)' }, 'url'],
  ] as const) {
    it(`${what} are refused with their place`, async () => {
      await expect(listsOf(list(change))).rejects.toThrow(new RegExp(`:2:.*${place}`, 's'))
    })
  }

  it('of the same name are refused: nobody could tell which of them speaks', async () => {
    const twice = JSON.stringify([JSON.parse(list({}).slice(7))[0], JSON.parse(list({}).slice(7))[0]])
    await expect(listsOf(`lists: ${twice}`)).rejects.toThrow('each name once')
  })
})
