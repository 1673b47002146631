import { expect, test } from 'vitest'
import type { OpenStorage } from './storage-contract.ts'

const waiting = (recipient: string, queueId: string, minute: number) => ({
  recipient,
  queueId,
  sender: 'ann@example.com',
  since: new Date(Date.UTC(2026, 2, 1, 12, minute)),
})

export function waitingMessagesContract(database: string, open: OpenStorage): void {
  test(`${database} keeps what waits for a recipient, oldest first and each once`, async () => {
    await using storage = await open()
    const { waitingMessages } = storage
    const [late, early, other] = [
      waiting('carl@x.example', 'B', 2),
      waiting('carl@x.example', 'A', 1),
      waiting('dora@x.example', 'A', 3),
    ]
    for (const message of [late, early, other]) await waitingMessages.add(message)
    await waitingMessages.add({ ...early, since: new Date() })
    expect(await waitingMessages.of('Carl@X.example')).toEqual([early, late])
    expect(await waitingMessages.list()).toEqual([early, late, other])
    await waitingMessages.remove('CARL@x.example', 'A')
    await waitingMessages.remove('carl@x.example', 'A')
    expect(await waitingMessages.list()).toEqual([late, other])
    expect(await waitingMessages.forget(other.since)).toBe(1)
    expect(await waitingMessages.list()).toEqual([other])
  })
}
