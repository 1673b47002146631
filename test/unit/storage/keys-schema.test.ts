import { join } from 'node:path'
import { afterAll } from 'vitest'
import { upgradeContract } from '../../support/contracts/upgrade-contract.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const folder = temporaryFolder()
afterAll(() => folder[Symbol.dispose]())

upgradeContract('SQLite', async () => ({ kind: 'sqlite', file: join(folder.path, 'postsiegel.sqlite') }))
