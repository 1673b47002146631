import { deadlineWithin } from '../../deadline.ts'
import { MailFailure } from '../../failure.ts'
import { type AddressLookup, boundedFetch, type Fetched, publicOr } from '../fetch-http.ts'
import type { Certificate } from '../x509/certificate.ts'
import { pemBlocks, pemContent } from '../x509/pem.ts'
import { judgeCrl, verifyCrlOnce } from './judge-crl.ts'
import { judgeOcsp, type OcspFinding } from './judge-ocsp.ts'
import type { ListsOnDisk } from './lists-on-disk.ts'
import { ocspRequest } from './ocsp-request.ts'
import { revocationPlaces } from './places.ts'
import { type Crl, maxCrlBytes, readCrl } from './read-crl.ts'
import { maxOcspBytes, readOcspResponse } from './read-ocsp.ts'
import { remember } from './remembered.ts'
import {
  type CheckRevocation,
  type Finding,
  type RevocationMode,
  type RevocationStatus,
  unknownFinding,
} from './revocation.ts'

export interface RevocationWorld {
  readonly mode: RevocationMode
  readonly lookup: AddressLookup
  /** Hosts that may be asked although their addresses are not public: an authority in the house. */
  readonly privateHosts: readonly string[]
  /** Lists that need no host, from files. */
  readonly listsAtHand: () => Promise<readonly Crl[]>
  readonly onDisk?: ListsOnDisk
  /** What our own authority knows of what it issued; undefined for the certificates of others. */
  readonly knownHere?: (certificate: Certificate, issuer: Certificate) => Promise<Finding | undefined>
  /** Ends what is still being fetched. */
  readonly closing: AbortSignal
}

/** For all certificates of a path together; a mail waits no longer. */
const pathLimitMs = 5000
/** A responder that is slow leaves time for the list. */
const ocspLimitMs = 2500
/** A large list over a slow line: the mail that asked first does not get to know, the next one does. */
const crlLimitMs = 60_000
const longestMs = 24 * 60 * 60_000
const afterFailureMs = 10 * 60_000
const maxListBytes = 96 * 1024 * 1024
const maxAnswerBytes = 4 * 1024 * 1024
/** Of each kind at a time: six lists of the largest size fit into memory beside the mail. */
const maxListsUnderWay = 6
const maxAnswersUnderWay = 32
/** What an OCSP finding takes in memory, roughly, so that their number is bounded too. */
const findingBytes = 1000

/**
 * Makes the check of a gateway: lists at hand first, then OCSP (RFC 6960) and lists (RFC 5280 6.3) over http from the
 * addresses that certificates name. Only a path to an anchor may be given: then our own authorities chose the hosts.
 */
export function openRevocation(world: RevocationWorld): CheckRevocation {
  const { mode } = world
  const isPublic = publicOr(world.privateHosts)
  const lists = remember<Crl | string>(maxListBytes, maxListsUnderWay)
  const answers = remember<Finding>(maxAnswerBytes, maxAnswersUnderWay)
  const isSignedBy = verifyCrlOnce()

  return async (path, at, signal) => {
    if (path.length < 2) return status(unknownFinding('no authority above it is known'), 'none', false)
    using deadline = deadlineWithin(signal, pathLimitMs)
    const checked = await Promise.all(
      path.slice(0, -1).map((certificate, index) => {
        const issuer = path[index + 1] as Certificate
        return checkOne(certificate, issuer, at, deadline.signal).catch((error: unknown) => {
          if (error instanceof MailFailure) throw error
          // An extension, or a list that an authority signed, which we cannot read.
          return status(unknownFinding('what its authority says cannot be read'), 'none')
        })
      }),
    )
    const worst =
      checked.find(({ kind }) => kind === 'revoked') ??
      checked.find(({ kind }) => kind === 'unknown') ??
      checked[0]
    if (!worst) return status(unknownFinding('no authority above it is known'), 'none', false)
    const place = checked.indexOf(worst)
    return place === 0 ? worst : { ...worst, detail: `an authority above it: ${worst.detail}` }
  }

  async function checkOne(
    certificate: Certificate,
    issuer: Certificate,
    at: Date,
    signal: AbortSignal,
  ): Promise<RevocationStatus> {
    const known = await world.knownHere?.(certificate, issuer)
    if (known) return status(known, 'crl')
    const places = revocationPlaces(certificate)
    const question = { certificate, issuer, places: places.crls, at }
    const objections: string[] = []
    for (const crl of await world.listsAtHand()) {
      if (Buffer.compare(crl.issuer, certificate.issuer) !== 0) continue
      const finding = await judgeCrl(crl, question, isSignedBy)
      if (finding.kind !== 'unknown') return status(finding, 'crl')
      objections.push(finding.detail)
    }
    if (mode === 'off') return status(unknownFinding('not asked for'), 'none', false)
    for (const url of places.ocsp) {
      const finding = await askResponder(url, certificate, issuer, at, signal)
      if (finding.kind !== 'unknown') return status(finding, 'ocsp')
      objections.push(finding.detail)
    }
    for (const url of places.crls) {
      const crl = await fetchList(url, issuer, at, signal)
      const finding =
        typeof crl === 'string' ? unknownFinding(crl) : await judgeCrl(crl, question, isSignedBy)
      if (finding.kind !== 'unknown') return status(finding, 'crl')
      objections.push(finding.detail)
    }
    const isNamed = places.ocsp.length + places.crls.length > 0
    if (!isNamed) objections.push('it names no place where one could ask')
    return { ...status(unknownFinding(objections.join('; ')), 'none'), mayChange: isNamed }
  }

  async function askResponder(
    url: string,
    certificate: Certificate,
    issuer: Certificate,
    at: Date,
    signal: AbortSignal,
  ): Promise<Finding> {
    using deadline = deadlineWithin(signal, ocspLimitMs)
    const key = `${certificate.fingerprint} ${issuer.fingerprint} ${url}`
    const finding = await answers(key, at, deadline.signal, async () => {
      const fetched = await boundedFetch(url, {
        lookup: world.lookup,
        isPublic,
        limitBytes: maxOcspBytes,
        timeoutMs: ocspLimitMs,
        signal: world.closing,
        body: ocspRequest(certificate, issuer),
        headers: { 'content-type': 'application/ocsp-request', accept: 'application/ocsp-response' },
      })
      const { until = soonAfter(at), ...value } = await findingOf(fetched, certificate, issuer, at)
      return { value, until: atMostADay(at, until), bytes: findingBytes }
    })
    return finding ?? unknownFinding(`${hostOf(url)} did not answer in time`)
  }

  async function fetchList(
    url: string,
    issuer: Certificate,
    at: Date,
    signal: AbortSignal,
  ): Promise<Crl | string> {
    const list = await lists(url, at, signal, async (inMemory) => {
      const kept = inMemory === undefined ? await world.onDisk?.read(url) : undefined
      const before = kept ? listIn(kept.bytes) : inMemory
      if (kept && typeof before === 'object') {
        const until = listKeptUntil(before, kept.fetchedAt)
        if (until > at && kept.fetchedAt <= at)
          return { value: before, until, bytes: before.signedBytes.length }
      }
      const fetched = await boundedFetch(url, {
        lookup: world.lookup,
        isPublic,
        limitBytes: maxCrlBytes,
        timeoutMs: crlLimitMs,
        signal: world.closing,
      })
      const value = fetched.kind === 'answer' ? listOf(fetched) : fetched.detail
      // Whoever sits on the way of the list must not put another in its place for a day.
      const isSigned = typeof value === 'object' && (await isSignedBy(value, issuer))
      if (isSigned && fetched.kind === 'answer') {
        await world.onDisk?.write(url, fetched.body)
        return { value, until: listKeptUntil(value, at), bytes: value.signedBytes.length }
      }
      // An authority that is down for an hour does not make us forget the list that still counts.
      if (typeof before === 'object')
        return { value: before, until: soonAfter(at), bytes: before.signedBytes.length }
      const problem = typeof value === 'string' ? value : 'the signature of the list does not verify'
      return { value: problem, until: soonAfter(at), bytes: findingBytes }
    })
    return list ?? `${hostOf(url)} did not answer in time`
  }

  function status(
    { kind, detail }: Finding,
    checkedBy: RevocationStatus['checkedBy'],
    isBlocking = kind === 'revoked' || (kind === 'unknown' && mode === 'required'),
  ): RevocationStatus {
    return { kind, detail, checkedBy, isBlocking }
  }
}

async function findingOf(
  fetched: Fetched,
  certificate: Certificate,
  issuer: Certificate,
  at: Date,
): Promise<OcspFinding> {
  if (fetched.kind === 'failed') return unknownFinding(fetched.detail)
  if (fetched.status !== 200) return unknownFinding(`the responder answered with status ${fetched.status}`)
  try {
    const response = readOcspResponse(fetched.body)
    return typeof response === 'string'
      ? unknownFinding(`the responder answered: ${response}`)
      : await judgeOcsp(response, certificate, issuer, at)
  } catch {
    return unknownFinding('the answer of the responder cannot be read')
  }
}

function listOf({ status, body }: Extract<Fetched, { kind: 'answer' }>): Crl | string {
  return status === 200 ? listIn(body) : `the list was answered with status ${status}`
}

/** A list in DER, as RFC 5280 4.2.1.13 wants it, or in PEM, as some servers have it. */
function listIn(bytes: Uint8Array): Crl | string {
  try {
    const isPem = bytes[0] === 0x2d
    const block = isPem ? pemBlocks(Buffer.from(bytes).toString('latin1'))[0] : undefined
    return readCrl(block ? pemContent(block) : bytes)
  } catch {
    return 'the list cannot be read'
  }
}

function soonAfter(at: Date): Date {
  return new Date(at.getTime() + afterFailureMs)
}

function atMostADay(at: Date, until: Date): Date {
  return new Date(Math.min(at.getTime() + longestMs, until.getTime()))
}

/** A list that is out of date already is not fetched for every mail. */
function listKeptUntil({ nextUpdate }: Crl, at: Date): Date {
  const soon = soonAfter(at)
  return nextUpdate && nextUpdate > soon ? atMostADay(at, nextUpdate) : soon
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname : 'its authority'
}
