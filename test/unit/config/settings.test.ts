import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, test } from 'vitest'
import { ConfigProblem } from '../../../src/config/config-problem.ts'
import { describeSettings } from '../../../src/config/describe-settings.ts'
import { jsonSchemas } from '../../../src/config/json-schema.ts'
import { readSettings, type Settings } from '../../../src/config/settings.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const organization =
  'organization: { name: Kanzlei, telephone: "+49 30 1", domains: [Example.ORG, münchen.de] }\n'

async function settingsFrom(
  text: string | Uint8Array,
  environment: Record<string, string> = {},
): Promise<Settings> {
  using folder = temporaryFolder()
  const file = join(folder.path, 'postsiegel.yaml')
  writeFileSync(file, text)
  return await readSettings(file, environment)
}

async function complaint(text: string | Uint8Array): Promise<string> {
  const error = await settingsFrom(text).catch((failure: unknown) => failure)
  expect(error).toBeInstanceOf(ConfigProblem)
  return (error as Error).message.replaceAll(/^.*\/postsiegel\.yaml:/gm, '')
}

test('Who is named is enough; everything else has a default', async () => {
  expect(await settingsFrom(organization)).toMatchObject({
    organization: { domains: ['example.org', 'xn--mnchen-3ya.de'] },
    listen: {
      inbound: '/run/postsiegel/inbound.sock',
      converter: '/run/postsiegel-converter/converter.sock',
    },
    socketGroup: 'postfix',
    policies: '/etc/postsiegel/policies',
    database: { kind: 'sqlite', file: '/var/lib/postsiegel/postsiegel.db' },
    blobs: '/var/lib/postsiegel/blobs',
    masterKey: '/etc/postsiegel/master-key',
    limits: { messageBytes: 62_914_560, connections: 200 },
    retention: { decisions: 30 * 86_400_000, released: 30 * 86_400_000 },
  })
})

test('There is a portal only where the settings have one, and it listens on this machine only', async () => {
  expect((await settingsFrom(organization)).portal).toBeUndefined()
  expect((await settingsFrom(`${organization}portal: {}\n`)).portal).toEqual({
    listen: 'inet:127.0.0.1:8080',
    group: 'postsiegel-portal',
  })
  for (const listen of [
    'inet:0.0.0.0:8080',
    'inet:192.0.2.1:8080',
    '/run/portal.sock',
    'inet:127.0.0.1:99999',
  ]) {
    expect(await complaint(`${organization}portal: { listen: '${listen}' }\n`)).toContain(
      'portal.listen: inet:127.0.0.1:PORT is wanted here',
    )
  }
})

test('What is kept lies in the folder state, unless it is told otherwise', async () => {
  const moved = await settingsFrom(`${organization}state: /srv/p\n`)
  expect([moved.database, moved.blobs]).toEqual([
    { kind: 'sqlite', file: '/srv/p/postsiegel.db' },
    '/srv/p/blobs',
  ])
  const elsewhere = await settingsFrom(`${organization}database: postgres://p@db/p\nblobs: /mnt/blobs\n`)
  expect([elsewhere.database, elsewhere.blobs]).toEqual([
    { kind: 'postgres', url: 'postgres://p@db/p' },
    '/mnt/blobs',
  ])
})

test('The master key is a credential of systemd, unless the settings name a file', async () => {
  const environment = { CREDENTIALS_DIRECTORY: '/run/credentials/postsiegel.service' }
  expect((await settingsFrom(organization, environment)).masterKey).toBe(
    '/run/credentials/postsiegel.service/master-key',
  )
  expect((await settingsFrom(`${organization}masterKey: /etc/key\n`, environment)).masterKey).toBe('/etc/key')
})

describe('Wrong settings are refused by place and field:', () => {
  for (const [what, text, message] of [
    [
      'a typo',
      `${organization}listen: { inbuond: /run/a }\n`,
      '2:11: listen.inbuond: unknown key `inbuond`, did you mean `inbound`?',
    ],
    [
      'a typo at the top',
      `${organization}retension: {}\n`,
      '2:1: retension: unknown key `retension`, did you mean `retention`?',
    ],
    ['an unknown word', `${organization}spamFilter: x\n`, '2:1: spamFilter: unknown key `spamFilter`'],
    [
      'something missing',
      'organization: { name: K, domains: [a.example] }\n',
      '1:15: organization.telephone: is missing',
    ],
    ['everything missing', '{}', '1:1: organization: is missing'],
    ['an empty file', '', '1:1: the file is empty'],
    ['only comments', '# nothing yet\n', '1:1: the file is empty'],
    ['a list', '- a\n', '1:1: a map is wanted here, this is a list'],
    ['a key twice', `${organization}state: /a\nstate: /b\n`, '3:1: this key stands here twice'],
    [
      'a number for a name',
      organization.replace('Kanzlei', '5'),
      '1:23: organization.name: a string is wanted here, this is a number',
    ],
    ['a relative path', `${organization}state: var\n`, '2:8: state: `var` is not a path that begins with /'],
    [
      'an open port',
      `${organization}listen: { inbound: "inet:192.0.2.1:25" }\n`,
      '2:20: listen.inbound: a socket path of at most 107 bytes or inet:127.0.0.1:PORT is wanted here',
    ],
    [
      'a port that is none',
      `${organization}clamd: inet:localhost:70000\n`,
      '2:8: clamd: a socket path or inet:HOST:PORT is wanted here',
    ],
    [
      'a long socket path',
      `${organization}listen: { gateway: /${'a'.repeat(107)} }\n`,
      '2:20: listen.gateway: a socket path has at most 107 bytes',
    ],
    [
      'one socket for two',
      `${organization}listen: { inbound: /run/a, outbound: /run/a }\n`,
      '2:38: listen.outbound: listen.inbound has the same address; which socket a message comes over says whose it is',
    ],
    [
      'a duration in words',
      `${organization}retention: { decisions: 30 days }\n`,
      '2:25: retention.decisions: `30 days` is not a number and s, m, h or d, such as 12h',
    ],
    [
      'a domain that is none',
      organization.replace('Example.ORG', '"*.example.org"'),
      '1:65: organization.domains[0]: a mail domain such as example.org is wanted here',
    ],
    [
      'a resolver without port',
      `${organization}resolver: [127.0.0.1]\n`,
      '2:12: resolver[0]: an IP address and port such as 127.0.0.1:53 or [::1]:53 is wanted here',
    ],
    [
      'another database',
      `${organization}database: mysql://us:secret@db\n`,
      '2:11: database: `mysql://...@db` is not an address such as postgres://user@host/name',
    ],
    [
      'too little',
      `${organization}limits: { connections: 0 }\n`,
      '2:24: limits.connections: too small, at least 1',
    ],
    [
      'half a number',
      `${organization}limits: { connections: 1.5 }\n`,
      '2:24: limits.connections: a whole number is wanted here, this is a number',
    ],
    ['a tag', `${organization}state: !secret /a\n`, '2:8: Unresolved tag: !secret'],
    ['a YAML 1.1 file', `%YAML 1.1\n---\n${organization}`, '1:1: YAML directives are not used here'],
    [
      'two documents',
      `${organization}---\n${organization}`,
      '2:1: one document only; what stands behind --- belongs into another file',
    ],
    ['what is not UTF-8', Uint8Array.of(0x61, 0xff), '1:1: is not UTF-8 text'],
  ] as const) {
    it(what, async () => {
      expect(await complaint(text)).toBe(message)
    })
  }

  it('a bomb of aliases', async () => {
    const bomb = ['a: &a [x, x, x, x, x, x, x, x, x]']
    for (const [from, to] of ['ab', 'bc', 'cd', 'de', 'ef', 'fg'] as const) {
      bomb.push(`${to}: &${to} [${Array.from({ length: 9 }, () => `*${from}`).join(', ')}]`)
    }
    expect(await complaint(bomb.join('\n'))).toMatch(/^1:1: cannot be read as YAML/)
  })

  it('nesting without end', async () => {
    expect(await complaint(`a: ${'['.repeat(100_000)}`)).toMatch(/^\d+:\d+: /)
  })

  it('a file that is not there', async () => {
    await expect(readSettings('/nonexistent/postsiegel.yaml', {})).rejects.toThrow(
      '/nonexistent/postsiegel.yaml:1:1: cannot be read: ENOENT',
    )
  })

  it('several at once', async () => {
    expect((await complaint(`${organization}a: 1\nb: 2\n`)).split('\n')).toHaveLength(2)
  })
})

test('Every setting is described, with its default where it has one', () => {
  const settings = describeSettings()
  expect(settings.length).toBeGreaterThan(20)
  for (const { key, description } of settings) expect(description, key).not.toBe('')
  expect(settings).toContainEqual({
    key: 'limits.connections',
    default: '200',
    required: false,
    description: 'connections from Postfix at the same time',
  })
  expect(settings.filter(({ required }) => required).map(({ key }) => key)).toEqual([
    'organization.name',
    'organization.telephone',
    'organization.domains',
  ])
})

test('Editors get schemas that know every key and no other', () => {
  expect(jsonSchemas()).toMatchObject({
    settings: { additionalProperties: false, required: ['organization'] },
    policies: {
      additionalProperties: false,
      properties: { outbound: {}, inbound: {}, block: {}, allow: {} },
    },
  })
})
