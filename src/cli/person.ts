import type { Options } from './command.ts'

/** Who is at the keyboard: sudo knows the person behind root. */
export function person({ by }: Pick<Options, 'by'>): string {
  return by ?? process.env.SUDO_USER ?? process.env.USER ?? 'root'
}
