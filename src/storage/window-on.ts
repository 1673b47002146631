import type { ByteSource, Stretch } from '../message/byte-source.ts'

/** What windows look at; offsets are within it. */
export interface Medium {
  read(start: number, end: number): Uint8Array
  stream(start: number, end: number): AsyncIterable<Uint8Array>
  stretch(start: number, end: number): Stretch
}

/** The bytes [from, to) of a medium as a source. */
export function windowOn(medium: Medium, from: number, to: number): ByteSource {
  const size = to - from
  const clip = (offset: number) => Math.min(Math.max(0, offset), size)
  return {
    size,
    read: (start, end) => medium.read(from + clip(start), from + clip(end)),
    stream: (start = 0, end = size) => medium.stream(from + clip(start), from + clip(end)),
    window: (start, end) => windowOn(medium, from + clip(start), from + Math.max(clip(start), clip(end))),
    stretches: () => [medium.stretch(from, to)],
  }
}
