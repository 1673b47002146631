import { expect, test } from 'vitest'
import type { OpenStorage } from './storage-contract.ts'

const noon = new Date('2026-03-01T12:00:00Z')
const later = new Date('2026-04-01T12:00:00Z')
const nobody = { own: false, partner: false }

export function knownPeopleContract(database: string, open: OpenStorage): void {
  test(`${database} knows whose name is borrowed, and by whom it is not`, async () => {
    await using storage = await open()
    const { knownPeople } = storage
    await knownPeople.learn([], noon)
    await knownPeople.learn(
      [
        { person: 'chef max', address: 'Max@kanzlei.example', own: true },
        { person: 'ann muster', address: 'ann@partner.example', own: false },
        { person: 'ann muster', address: 'ann@partner.example', own: false },
        { person: 'bob frei', address: 'bob@gmx.de', own: false },
      ],
      noon,
    )
    const namesakes = (person: string, address: string) => knownPeople.namesakes(person, address)
    expect(await namesakes('chef max', 'x@stranger.example')).toEqual({ own: true, partner: false })
    expect(await namesakes('ann muster', 'x@stranger.example')).toEqual({ own: false, partner: true })
    expect(await namesakes('ann muster', 'a.muster@post.partner.example')).toEqual(nobody)
    expect(await namesakes('ann muster', 'ANN@partner.example')).toEqual(nobody)
    // Everybody can have an address at a freemailer.
    expect(await namesakes('bob frei', 'b0b@gmx.de')).toEqual({ own: false, partner: true })
    expect(await namesakes('bob frei', 'bob@gmx.de')).toEqual(nobody)
    expect(await namesakes('nobody known', 'x@stranger.example')).toEqual(nobody)
  })

  test(`${database} forgets names that were not seen for long, and those of one address`, async () => {
    await using storage = await open()
    const { knownPeople } = storage
    await knownPeople.learn(
      [
        { person: 'chef max', address: 'max@kanzlei.example', own: true },
        { person: 'ann muster', address: 'ann@partner.example', own: false },
      ],
      noon,
    )
    await knownPeople.learn([{ person: 'chef max', address: 'max@kanzlei.example', own: true }], later)
    expect(await knownPeople.prune(later)).toBe(1)
    expect(await knownPeople.forget('MAX@kanzlei.example')).toBe(1)
    expect(await knownPeople.namesakes('chef max', 'x@stranger.example')).toEqual(nobody)
    // Learned again, although it was seen the same day.
    await knownPeople.learn([{ person: 'chef max', address: 'max@kanzlei.example', own: true }], later)
    expect(await knownPeople.namesakes('chef max', 'x@stranger.example')).toEqual({
      own: true,
      partner: false,
    })
  })
}
