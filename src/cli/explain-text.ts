import type { ControlAnswers, Written } from '../gateway/calls/control-calls.ts'
import type { Verdict } from '../gateway/calls/explain-calls.ts'

type Record = NonNullable<ControlAnswers['explain']>
type Facts = ControlAnswers['explain-message']['facts']
type Signals = readonly { readonly name: string; readonly points: number; readonly evidence: string }[]

/** Everything of a record, for people. Addresses come from outside: whoever prints this makes them printable. */
export function recordLines(record: Record): string[] {
  return [
    `${record.id}  ${record.direction}  ${record.at}  queue id ${record.queueId ?? 'none'}`,
    `from        ${record.sender || '<>'}${record.author ? ` (author ${record.author})` : ''}`,
    `client      ${record.clientAddress ?? 'local'}`,
    `answer      ${record.answer}`,
    ...record.outcomes.flatMap(({ recipient, outcome, reasons }) => [
      `recipient   ${recipient}: ${outcome}`,
      ...(reasons ?? []).map((reason) => `            ${reason}`),
    ]),
    ...(record.judged ? factLines(record.judged.facts) : []),
    ...(record.trust ? trustLines(record.trust.score, record.trust.signals) : []),
    `policies    generation ${record.policyGeneration}`,
    `took        ${record.milliseconds} ms`,
  ]
}

/** A verdict: what it is, with each addend, and the reply word by word. */
export function verdictLines(verdict: Written<Verdict>): string[] {
  const { outcome, reply, trust, policyGeneration, cameBack } = verdict
  const { range } = trust
  const acceptFrom = Math.min(...verdict.thresholds.map((each) => each.acceptFrom))
  const refuseBelow = Math.min(...verdict.thresholds.map((each) => each.refuseBelow))
  return [
    `outcome     ${outcome}${cameBack ? ' (came back as asked)' : ''}`,
    ...(reply?.lines ?? []).map(
      (line, index, { length }) =>
        `${index === 0 ? 'reply' : ''}`.padEnd(12) +
        `${reply?.code}${index === length - 1 ? ' ' : '-'}${reply?.enhancedStatus} ${line}`,
    ),
    ...trustLines(trust.score, trust.signals),
    `            accepted from ${acceptFrom}, refused below ${refuseBelow}`,
    `            author proven by ${trust.identity} of 1, earned by our own mail ${trust.earned}`,
    ...(range.lowest === range.highest
      ? []
      : [`            the DNS owes answers: it could be from ${range.lowest} to ${range.highest}`]),
    `policies    generation ${policyGeneration}`,
  ]
}

/** What was found out. */
export function factLines({ authentication, scan, lists, content, reply, history }: Facts): string[] {
  const { spf, dkim, dmarc, arc } = authentication
  const signatures = dkim.map(
    ({ result, domain, aligned }) => `${domain} ${result}${aligned ? ', aligned' : ''}`,
  )
  const facts = [
    `SPF ${spf.result}${spf.domain ? ` (${spf.domain}${spf.aligned ? ', aligned' : ''}${spf.reach ? `, ${spf.reach}` : ''})` : ''}`,
    `DKIM ${signatures.join('; ') || 'none'}`,
    `DMARC ${dmarc.result}${dmarc.policy ? ` (p=${dmarc.policy})` : ''}, ARC ${arc}`,
    `scan ${scan.kind}${scan.kind === 'infected' ? `: ${scan.name}` : scan.kind === 'unknown' ? `: ${scan.reason}` : ''}`,
    `lists ${lists.hits.map(({ list, subject, weight }) => `${list} names the ${subject} (${weight})`).join('; ') || 'no hit'}${lists.failed.length > 0 ? `; no answer of ${lists.failed.join(', ')}` : ''}`,
    `content ${content.kind === 'scored' ? `${content.score} by ${content.scorer}${content.phishing ? ', phishing' : ''}` : content.kind === 'unknown' ? `unknown: ${content.reason}` : 'not scored'}`,
    `answers ${reply.match === 'none' ? 'no mail of ours' : `a mail of ours: ${reply.match}`}`,
    `remembered as ${history.kind}: ${history.accepted.toFixed(1)} accepted, ${history.refused.toFixed(1)} refused${history.healing ? ', heal window open' : ''}`,
  ]
  return facts.map((fact, index) => `${index === 0 ? 'facts' : ''}`.padEnd(12) + fact)
}

function trustLines(score: number, signals: Signals): string[] {
  return [
    `trust       ${score}`,
    ...signals.map(
      ({ name, points, evidence }) =>
        `            ${String(points).padStart(4)}  ${name.padEnd(17)} ${evidence}`,
    ),
  ]
}
