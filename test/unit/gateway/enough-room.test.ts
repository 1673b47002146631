import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { enoughRoomIn } from '../../../src/gateway/enough-room.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

test('mail is asked to come again while the disk is full', async () => {
  // A file system without any room, on every machine.
  const full = enoughRoomIn('/proc')
  await expect(full()).rejects.toMatchObject({ replyClass: 4, status: '3.1' })
})

test('mail is taken while there is room', async () => {
  await expect(enoughRoomIn('/tmp')()).resolves.toBeUndefined()
})

test('mail is not taken while nobody knows the room, and is again once somebody does', async () => {
  using top = temporaryFolder()
  const folder = join(top.path, 'state')
  const enoughRoom = enoughRoomIn(folder)
  await expect(enoughRoom()).rejects.toThrow('ENOENT')
  mkdirSync(folder)
  await vi.waitFor(enoughRoom, 30_000)
})
