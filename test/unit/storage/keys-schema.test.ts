import { join } from 'node:path'
import { afterAll } from 'vitest'
import { upgradeContract } from '../../support/contracts/upgrade-contract.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const folder = temporaryFolder()
afterAll(() => folder[Symbol.dispose]())

let databases = 0
upgradeContract('SQLite', async () => {
  databases += 1
  return { kind: 'sqlite', file: join(folder.path, `${databases}.sqlite`) }
})
