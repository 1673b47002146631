import { access, stat } from 'node:fs/promises'
import { readMasterKey } from '../storage/master-key.ts'

/**
 * Fails if the gateway's secret cannot be used or can be read by others. `sealed` is where systemd keeps it encrypted:
 * it opens it for the service alone, so that whoever runs `check` by hand finds no `file` and need not.
 */
export async function checkMasterKey(file: string, sealed: string | undefined): Promise<void> {
  if (sealed !== undefined && !(await isThere(file)) && (await isThere(sealed))) return
  await readMasterKey(file)
  const { mode } = await stat(file)
  if ((mode & 0o077) !== 0) throw new Error(`${file} can be read by others: chmod 600`)
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
