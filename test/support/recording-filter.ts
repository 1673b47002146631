import type { ConnectionFilter } from '../../src/milter/filter.ts'

/** A filter with every method that lets all pass and writes down what it was told. Body chunks are joined. */
export function recordingFilter(
  events: unknown[][],
  changes: Partial<ConnectionFilter> = {},
): Required<ConnectionFilter> {
  const told = (...event: unknown[]): 'continue' => {
    const last = events.at(-1)
    if (event[0] === 'body' && last?.[0] === 'body') last[1] = `${last[1]}${event[1]}`
    else events.push(event)
    return 'continue'
  }
  return {
    connect: ({ hostName, family, port, address, macros }) =>
      told('connect', hostName, family, port, address, Object.fromEntries(macros)),
    helo: (name, macros) => told('helo', name, Object.fromEntries(macros)),
    mail: (address, parameters, macros) => told('mail', address, parameters, Object.fromEntries(macros)),
    recipient: (address, parameters, macros) =>
      told('recipient', address, parameters, Object.fromEntries(macros)),
    data: () => told('data'),
    header: (name, value) => void told('header', name, value),
    endOfHeader: () => void told('endOfHeader'),
    body: (chunk) => void told('body', Buffer.from(chunk).toString('latin1')),
    endOfMessage: async (macros) => {
      told('endOfMessage', macros.get('i'))
      return { kind: 'accept', edits: [] }
    },
    abort: () => void told('abort'),
    close: () => void told('close'),
    ...changes,
  }
}
