import { type AskScorer, noScorer, type ScoreContent, scoreContentWith } from './content-scorer.ts'
import { askRspamd } from './rspamd.ts'
import { askSpamd } from './spamd.ts'

const kinds = { rspamd: askRspamd, spamassassin: askSpamd } as const satisfies Record<string, AskScorer>

/** The scorer that the settings name, or none. */
export function openScorer(
  scorer: { readonly kind: keyof typeof kinds; readonly address: string } | undefined,
): ScoreContent {
  return scorer ? scoreContentWith(scorer.kind, kinds[scorer.kind], scorer.address) : noScorer
}
