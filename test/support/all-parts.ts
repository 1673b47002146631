import type { MimePart, MimeTree } from '../../src/message/mime-part.ts'

/** A part with the way to it: child indexes from the root, empty for the root itself. */
interface PlacedPart {
  readonly path: readonly number[]
  readonly part: MimePart
}

/** All parts of a tree in the order of the message, each before its children. */
export function* allParts(tree: MimeTree): Generator<PlacedPart> {
  yield* below({ path: [], part: tree.root })
}

function* below(placed: PlacedPart): Generator<PlacedPart> {
  yield placed
  for (const [index, part] of placed.part.children.entries()) {
    yield* below({ path: [...placed.path, index], part })
  }
}
