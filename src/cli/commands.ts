import { ca } from './ca.ts'
import { check } from './check.ts'
import type { Command } from './command.ts'
import { converter } from './converter.ts'
import { explain } from './explain.ts'
import { gdpr } from './gdpr.ts'
import { hold } from './hold.ts'
import { intake } from './intake.ts'
import { key } from './key.ts'
import { password } from './password.ts'
import { portal } from './portal.ts'
import { reload } from './reload.ts'
import { schema } from './schema.ts'
import { allow, block } from './sender-list.ts'
import { serve } from './serve.ts'
import { status } from './status.ts'
import { trust } from './trust.ts'
import { waiting } from './waiting.ts'

/** All commands in the order in which people meet them. Help, README and completion are made from these two tables. */
export const commands: readonly Command[] = [
  serve,
  converter,
  portal,
  check,
  status,
  reload,
  explain,
  trust,
  password,
  key,
  intake,
  ca,
  block,
  allow,
  waiting,
  hold,
  gdpr,
  schema,
]

export const optionTable = {
  settings: { type: 'string', default: '/etc/postsiegel/postsiegel.yaml', help: 'FILE   the settings' },
  json: { type: 'boolean', default: false, help: '       answers as JSON' },
  policies: { type: 'string', help: 'FOLDER check: these policies instead of those in the settings' },
  'password-file': {
    type: 'string',
    help: 'FILE   key import, key export: the password of the file with a private key',
  },
  reason: {
    type: 'string',
    help: 'TEXT   key revoke: compromised, superseded or retired (left out: retired); hold release, extend, delete: why; it stays on record; intake refuse: why, its sender reads it',
  },
  by: { type: 'string', help: 'NAME   hold, block, allow: who does it; left out: the user behind sudo' },
  until: {
    type: 'string',
    help: 'TIME   hold extend: held until then, such as 2026-11-24T18:00; block, allow: the last day',
  },
  output: { type: 'string', help: 'FILE   hold fetch, key export: the new file' },
  name: { type: 'string', help: 'NAME   ca issue, key request, key generate: the name of the person in it' },
  domain: {
    type: 'string',
    help: 'DOMAIN key import: the keys are those of the gateway of this domain, whatever they name',
  },
  points: {
    type: 'string',
    help: 'N      allow add, trust set: points of trust from -100 to 60, as --points=-20; left out: 40',
  },
  requires: {
    type: 'string',
    help: 'PROOF  allow add: authenticated, or dkim: the points count only with this proof',
  },
  private: {
    type: 'boolean',
    default: false,
    help: '       key export: with the private key, under a password',
  },
  id: { type: 'string', help: 'REF    explain: a decision that is stored' },
  today: {
    type: 'boolean',
    default: false,
    help: '       explain: and what it would be by today’s policies',
  },
  from: { type: 'string', help: 'ADDR   explain: the envelope sender, <> for none' },
  to: { type: 'string', help: 'ADDR   explain: the recipients, with commas between them' },
  helo: { type: 'string', help: 'NAME   explain: how the client greeted' },
  'client-ip': {
    type: 'string',
    help: 'IP     explain: the address of the client; without it SPF has no answer',
  },
  'client-name': { type: 'string', help: 'NAME   explain: its verified reverse name' },
  help: { type: 'boolean', default: false, help: '       this text' },
  version: { type: 'boolean', default: false, help: '       the version' },
} as const
