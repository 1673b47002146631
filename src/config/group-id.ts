import { readFile } from 'node:fs/promises'

/**
 * The number of a local group (group(5)); Node has no call for it. Fails with what to do if there is none; `setting` is
 * the one that names it.
 */
export async function groupId(name: string, setting: string): Promise<number> {
  const line = (await readFile('/etc/group', 'utf8'))
    .split('\n')
    .find((entry) => entry.startsWith(`${name}:`))
  const id = Number(line?.split(':')[2])
  if (!line || !Number.isInteger(id)) {
    throw new Error(
      `there is no group ${name} on this machine: create it, or set ${setting} to one that there is`,
    )
  }
  return id
}
