import { builtInPolicies, inboundPolicyFor, outboundPolicyFor } from '../policy/find-policy.ts'
import { isListable } from '../policy/match-sender.ts'
import { readPattern } from '../policy/pattern.ts'
import { PolicyFile, type PolicySet } from '../policy/policy.ts'
import { ConfigProblem, fieldName, type Place, type Problem } from './config-problem.ts'
import { type PolicyText, readPolicyFolder } from './read-policy-folder.ts'
import { readYaml, type YamlFile } from './read-yaml.ts'

type Path = readonly PropertyKey[]
type Read = YamlFile<PolicyFile>

/** Where a rule was written: needed only if something is wrong with it. */
interface Origin {
  readonly read: Read
  readonly path: Path
}

function problemAt({ read, path }: Origin, message: string, what: 'key' | 'value' = 'value'): Problem {
  return { ...read.placeOf(path, what), field: fieldName(path), message }
}

function placeText({ file, line, column }: Place): string {
  return `${file}:${line}:${column}`
}

/** Joins the rules of one kind from all files. A pattern may have one rule only: which of two holds would be a guess. */
function joinRules<Rule>(
  files: readonly Read[],
  kind: 'outbound' | 'inbound' | 'partners',
  rulesOf: (file: PolicyFile) => Record<string, Rule> | undefined,
): { rules: Map<string, Rule>; origins: Map<string, Origin>; problems: Problem[] } {
  const rules = new Map<string, Rule>()
  const origins = new Map<string, Origin>()
  const problems: Problem[] = []
  for (const read of files) {
    for (const [written, rule] of Object.entries(rulesOf(read.value) ?? {})) {
      const origin = { read, path: [kind, written] }
      const pattern = readPattern(written)
      const earlier = pattern === undefined ? undefined : origins.get(pattern)
      if (pattern === undefined) {
        const message = 'not an address, a domain, *.domain or the word default'
        problems.push(problemAt(origin, message, 'key'))
      } else if (earlier) {
        const message = `${pattern} has a rule already, at ${placeText(earlier.read.placeOf(earlier.path, 'key'))}`
        problems.push(problemAt(origin, message, 'key'))
      } else {
        rules.set(pattern, rule)
        origins.set(pattern, origin)
      }
    }
  }
  return { rules, origins, problems }
}

function problemsOfLists(read: Read): Problem[] {
  const senders = (['block', 'allow'] as const).flatMap((list) =>
    (read.value[list] ?? []).flatMap((entry, index) => {
      if (isListable(entry.sender)) return []
      const message = `\`${entry.sender}\` is not an address, domain, *.domain, IP address or network`
      return [problemAt({ read, path: [list, index, 'sender'] }, message)]
    }),
  )
  // An address in the name of which somebody writes proves nothing of him.
  const exceptions = (read.value.ownDomain ?? []).flatMap(({ sender }, index) => {
    if (isListable(sender) && !sender.includes('@')) return []
    const message = `\`${sender}\` is not an IP address, a network or the domain of a signature`
    return [problemAt({ read, path: ['ownDomain', index, 'sender'] }, message)]
  })
  const sealers = (read.value.sealers ?? []).flatMap(({ domain }, index) => {
    const pattern = readPattern(domain)
    if (pattern !== undefined && pattern !== 'default' && !pattern.includes('@')) return []
    return [problemAt({ read, path: ['sealers', index, 'domain'] }, `\`${domain}\` is not a domain`)]
  })
  return [...senders, ...exceptions, ...sealers]
}

/**
 * The set that these files make together; all problems of all files in one ConfigProblem. An entry whose `until`
 * has passed is no problem: it ends by itself.
 */
export function policySetFrom(texts: readonly PolicyText[], generation: number): PolicySet {
  const problems: Problem[] = []
  const files = texts.flatMap(({ file, text }) => {
    try {
      return [readYaml(text, file, PolicyFile)]
    } catch (error) {
      if (!(error instanceof ConfigProblem)) throw error
      problems.push(...error.problems)
      return []
    }
  })
  const outbound = joinRules(files, 'outbound', (file) => file.outbound)
  const inbound = joinRules(files, 'inbound', (file) => file.inbound)
  const partners = joinRules(files, 'partners', (file) => file.partners)
  const everybody = partners.origins.get('default')
  if (everybody) {
    const message = 'authorities for everybody stand in the setting trustAnchors'
    problems.push(problemAt(everybody, message, 'key'))
  }
  problems.push(...outbound.problems, ...inbound.problems, ...partners.problems)
  problems.push(...files.flatMap(problemsOfLists))
  const [weighing, ...more] = files.filter(({ value }) => value.trust)
  for (const read of more) {
    const place = weighing?.placeOf(['trust'], 'key')
    const message = `the weights of trust stand in one file only${place ? `, and in ${placeText(place)} already` : ''}`
    problems.push(problemAt({ read, path: ['trust'] }, message, 'key'))
  }
  const set: PolicySet = {
    generation,
    outbound: outbound.rules,
    inbound: inbound.rules,
    partners: partners.rules,
    block: files.flatMap((read) => read.value.block ?? []),
    allow: files.flatMap((read) => read.value.allow ?? []),
    ownDomain: files.flatMap((read) => read.value.ownDomain ?? []),
    sealers: files.flatMap((read) => read.value.sealers ?? []),
    trust: weighing?.value.trust ?? builtInPolicies.trust,
  }
  // What a rule means depends on the wider ones, so these are checked where each rule has inherited all it can.
  for (const [pattern, { read, path }] of outbound.origins) {
    const { protection, tlsNames, protect } = outboundPolicyFor(set, pattern)
    const rule = set.outbound.get(pattern)
    if (rule?.tlsNames && tlsNames && !protection.includes('tls')) {
      const message = 'names of a TLS partner, but its protection does not list tls'
      problems.push(problemAt({ read, path: [...path, 'tlsNames'] }, message))
    }
    for (const field of ['words', 'attachmentTypes'] as const) {
      // A list in default may be for those who inherit it.
      if (rule?.[field] && protect !== 'detected' && pattern !== 'default') {
        const message = `nothing is looked for without \`protect: detected\``
        problems.push(problemAt({ read, path: [...path, field] }, message))
      }
    }
    const none = rule?.protection?.indexOf('none') ?? -1
    if (rule?.protection && none >= 0 && none < rule.protection.length - 1) {
      const message = 'what stands behind none is never used; none must be the last'
      problems.push(problemAt({ read, path: [...path, 'protection', none] }, message))
    }
  }
  for (const [pattern, { read, path }] of inbound.origins) {
    const policy = inboundPolicyFor(set, pattern)
    const { acceptFrom, refuseBelow } = policy
    if (refuseBelow > acceptFrom) {
      const message = `refuseBelow (${refuseBelow}) is above acceptFrom (${acceptFrom})`
      const field = set.inbound.get(pattern)?.refuseBelow === undefined ? 'acceptFrom' : 'refuseBelow'
      problems.push(problemAt({ read, path: [...path, field] }, message))
    }
    if (policy.release.includes('folder') && policy.releaseFolder === undefined) {
      const message = 'release into a folder, but no releaseFolder is named'
      problems.push(problemAt({ read, path: [...path, 'release'] }, message))
    }
    const withholds = [policy.office, ...policy.officeRules.map((each) => each.then)]
    if (
      policy.withholdingBasis === undefined &&
      withholds.some((each) => each === 'hold' || each === 'refuse')
    ) {
      const rule = set.inbound.get(pattern)
      const field = rule?.office === undefined && rule?.officeRules ? 'officeRules' : 'office'
      const message = 'hold and refuse need a withholdingBasis: without one nothing is withheld'
      problems.push(problemAt({ read, path: [...path, field] }, message))
    }
  }
  if (problems.length > 0) throw new ConfigProblem(problems)
  return set
}

/** Reads all policy files of a folder into one set, or fails with a ConfigProblem; never a part of them. */
export async function readPolicies(folder: string, generation: number): Promise<PolicySet> {
  return policySetFrom(await readPolicyFolder(folder), generation)
}
