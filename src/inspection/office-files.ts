import type { AttachedFile, OfficeAttachment, SeenFile } from '../message/facts.ts'
import type { ReceivedMessage } from '../message/received-message.ts'
import { leavesOf, newBudget, seeThrough, unseenLeaf } from './see-through.ts'
import { takeTurns } from './take-turns.ts'

/** Zip and compound files keep their directory anywhere, so they are read whole: only two at once in all of us. */
const inTurn = takeTurns(2)

/**
 * What is known of the leaves of a message's MIME tree (those of attached messages too): Office files by their
 * content, containers that have some inside, invoices. What is named like an Office file but is neither one nor known
 * as harmless counts as one, and so does a broken one, because an attachment that is not recognised would pass as it
 * came. Bytes never make this fail.
 */
export async function attachedFiles(
  message: Pick<ReceivedMessage, 'source' | 'tree'>,
  signal: AbortSignal,
): Promise<AttachedFile[]> {
  const found: AttachedFile[] = []
  const budget = newBudget()
  for (const { part, path, signed } of leavesOf(message.tree.root)) {
    signal.throwIfAborted()
    const leaf = await unseenLeaf(message.source, part)
    const file = await (isPlainText(leaf.head) && part.fileName === undefined
      ? seeThrough(leaf, budget, signal)
      : inTurn(() => seeThrough(leaf, budget, signal)))
    if (file) found.push({ path, signed, file })
  }
  return found
}

function isPlainText(head: Buffer): boolean {
  return /^[\s<\w]/.test(head.toString('latin1', 0, 1)) && !head.subarray(0, 2).includes('PK')
}

/** The Office files among them, at any depth; a container that cannot be looked into counts as one. */
export function officeIn(files: readonly AttachedFile[]): OfficeAttachment[] {
  return files.flatMap(({ path, file }) => officeInFile(file).map((office) => ({ path, ...office })))
}

/** The Office files in one, in the order in which they lie in it. */
export function officeInFile(file: SeenFile): Omit<OfficeAttachment, 'path'>[] {
  switch (file.kind) {
    case 'office': {
      const { kind: _, ...office } = file
      return [office]
    }
    case 'closed': {
      const { fileName, office, bytes, reason } = file
      return [
        { fileName, office, bytes, macros: false, encrypted: reason === 'encrypted', externalLinks: false },
      ]
    }
    case 'invoice':
      return []
    default:
      return file.inside.flatMap((inner) => officeInFile(inner.file))
  }
}
