import { attachedFiles } from '../../src/inspection/office-files.ts'
import { receivedMessage } from '../support/received-message.ts'
import { median } from './median.ts'

/** What a mail of 100 KB without an Office file pays for the question whether there is one, in milliseconds of time. */
export async function measureDetection(): Promise<number> {
  const text = 'Sehr geehrte Frau Weber, anbei wie besprochen die Zahlen des Quartals.\r\n'
  const message = receivedMessage(
    `From: ann@partner.example\r\nSubject: Zahlen\r\n\r\n${text.repeat(102_400 / text.length)}`,
  )
  const never = new AbortController().signal
  const rounds: number[] = []
  for (let round = 0; round < 50; round += 1) {
    const began = performance.now()
    for (let time = 0; time < 20; time += 1) await attachedFiles(message, never)
    rounds.push((performance.now() - began) / 20)
  }
  return median(rounds)
}
