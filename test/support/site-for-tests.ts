import { afterAll, beforeAll } from 'vitest'
import { type Site, type SiteOptions, startSite } from '../../src/demonstration/start-site.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** Why no site can run here, for the title of what is skipped; undefined where it can. */
export const noSite = process.getuid?.() === 0 ? undefined : 'a private Postfix needs root'

/**
 * A whole house (gateway, converter, Postfix, scanner, name server, hosts outside) for the tests of one file: started
 * once, because that takes seconds. Ask for it inside a test; `describe.skipIf(noSite)` stands around.
 */
export function siteForTests(options: Omit<SiteOptions, 'folder'> = {}): () => Site {
  let folder: ReturnType<typeof temporaryFolder> | undefined
  let site: Site | undefined
  beforeAll(async () => {
    folder = temporaryFolder()
    site = await startSite({ ...options, folder: folder.path })
  })
  afterAll(async () => {
    await site?.[Symbol.asyncDispose]()
    folder?.[Symbol.dispose]()
  })
  return () => {
    if (!site) throw new Error('the site is not there before the first test')
    return site
  }
}
