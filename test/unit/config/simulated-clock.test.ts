import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ConfigProblem } from '../../../src/config/config-problem.ts'
import { openSimulatedClock } from '../../../src/config/simulated-clock.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

test('The time is what the file says, and stands until the file says another', () => {
  using folder = temporaryFolder()
  const file = join(folder.path, 'clock')
  writeFileSync(file, '2026-01-05T08:00:00Z\n')
  const now = openSimulatedClock(file)
  expect(now()).toEqual(new Date('2026-01-05T08:00:00Z'))
  expect(now()).toEqual(new Date('2026-01-05T08:00:00Z'))
  writeFileSync(file, '2027-01-05T09:30:00.250+01:00')
  expect(now()).toEqual(new Date('2027-01-05T08:30:00.250Z'))
})

test('While the file is empty, broken or gone, the time before holds', () => {
  using folder = temporaryFolder()
  const file = join(folder.path, 'clock')
  writeFileSync(file, '2026-01-05T08:00:00Z')
  const now = openSimulatedClock(file)
  for (const text of ['', 'tomorrow', '2026-13-01T00:00:00Z']) {
    writeFileSync(file, text)
    expect(now()).toEqual(new Date('2026-01-05T08:00:00Z'))
  }
  rmSync(file)
  expect(now()).toEqual(new Date('2026-01-05T08:00:00Z'))
})

test('Whoever changes the date that he got changes nobody’s clock', () => {
  using folder = temporaryFolder()
  const file = join(folder.path, 'clock')
  writeFileSync(file, '2026-01-05T08:00:00Z')
  const now = openSimulatedClock(file)
  now().setTime(0)
  rmSync(file)
  expect(now()).toEqual(new Date('2026-01-05T08:00:00Z'))
})

test('A gateway does not start without a time', () => {
  using folder = temporaryFolder()
  expect(() => openSimulatedClock(join(folder.path, 'none'))).toThrow(ConfigProblem)
  const file = join(folder.path, 'clock')
  writeFileSync(file, '2026-01-05') // no time of day
  expect(() => openSimulatedClock(file)).toThrow(ConfigProblem)
})
