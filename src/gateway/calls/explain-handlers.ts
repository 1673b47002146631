import type { Decisions } from '../../storage/decisions.ts'
import { type ExplainParts, explainMessage, judgeAgain } from '../explain-message.ts'
import type { CallHandlers } from './control-server.ts'
import type { ExplainAnswers, ExplainedRecord, explainCalls } from './explain-calls.ts'

/** What the command line asks about verdicts. */
export function explainHandlers(
  decisions: Pick<Decisions, 'find'>,
  parts: ExplainParts,
): CallHandlers<typeof explainCalls, ExplainAnswers> {
  return {
    async explain({ id, today }) {
      const record = await decisions.find(id.toUpperCase())
      if (!record) return null
      const again = today ? judgeAgain(record, parts) : undefined
      return { ...record, ...(again ? { today: again } : {}) } satisfies ExplainedRecord
    },
    'explain-message': (question) => explainMessage(question, parts),
  }
}
