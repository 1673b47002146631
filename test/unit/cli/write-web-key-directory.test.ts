import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { writeWebKeyDirectory } from '../../../src/cli/write-web-key-directory.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const hash = 'iy9q119eutrkn8s1mk4r39qejnbu3n5q'
const other = 'z9g983skpuzwkib59q4zknqjfmsjwqx5'
const entry = (domain: string, name: string, key: string) => ({
  domain,
  hash: name,
  key: Buffer.from(key).toString('base64'),
})
const keys = [entry('one.example', hash, 'first'), entry('two.example', hash, 'second')]

describe('The files of a web key directory', () => {
  it('stand in a folder for each domain by the advanced method', async () => {
    using folder = temporaryFolder()
    expect(await writeWebKeyDirectory(folder.path, 'advanced', keys)).toEqual({ written: 4, removed: 0 })
    expect(readFileSync(join(folder.path, 'one.example/hu', hash), 'utf8')).toBe('first')
    expect(readFileSync(join(folder.path, 'two.example/hu', hash), 'utf8')).toBe('second')
    expect(readFileSync(join(folder.path, 'two.example/policy'))).toHaveLength(0)
    expect(await writeWebKeyDirectory(folder.path, 'advanced', keys)).toEqual({ written: 0, removed: 0 })
  })

  it('stand in one folder by the direct method, keys of the same name in one file', async () => {
    using folder = temporaryFolder()
    await writeWebKeyDirectory(folder.path, 'direct', keys)
    expect(readFileSync(join(folder.path, 'hu', hash), 'utf8')).toBe('firstsecond')
    expect(existsSync(join(folder.path, 'policy'))).toBe(true)
  })

  it('go away with their keys, and nothing else does', async () => {
    using folder = temporaryFolder()
    await writeWebKeyDirectory(folder.path, 'advanced', keys)
    writeFileSync(join(folder.path, 'one.example/hu/README'), 'not ours')
    writeFileSync(join(folder.path, 'one.example/hu', other), 'of a key that is gone')
    mkdirSync(join(folder.path, 'not-a-domain'))
    const remaining = keys.slice(0, 1)
    expect(await writeWebKeyDirectory(folder.path, 'advanced', remaining)).toEqual({ written: 0, removed: 2 })
    expect(readdirSync(join(folder.path, 'one.example/hu')).sort()).toEqual(['README', hash])
    expect(readdirSync(join(folder.path, 'two.example/hu'))).toEqual([])
  })

  it('replace a link instead of what it leads to', async () => {
    using folder = temporaryFolder()
    const place = join(folder.path, 'hu')
    mkdirSync(place)
    writeFileSync(join(folder.path, 'precious'), 'stays')
    symlinkSync(join(folder.path, 'precious'), join(place, hash))
    symlinkSync(join(folder.path, 'precious'), join(place, `${hash}.new`))
    await writeWebKeyDirectory(folder.path, 'direct', keys.slice(0, 1))
    expect(readFileSync(join(folder.path, 'precious'), 'utf8')).toBe('stays')
    expect(readFileSync(join(place, hash), 'utf8')).toBe('first')
  })
})
