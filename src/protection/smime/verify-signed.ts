import { MalformedDer } from '../../keys/x509/read-der.ts'
import type { ByteSource, Workspace } from '../../message/byte-source.ts'
import { MalformedBer } from './ber-reader.ts'
import { coveredContent } from './covered-content.ts'
import { readSignedData, type SignedDataParts, TooMuchSigned } from './read-signed-data.ts'
import type { SignatureProblem, VerifiedSignature, VerifiedSigner } from './verified-signature.ts'
import { verifySigner } from './verify-signer.ts'

/** RFC 8551 2.4.1: what is signed in mail is id-data, a MIME entity. */
const data = '1.2.840.113549.1.7.1'

/**
 * Verifies a CMS signature (RFC 5652 5, RFC 8551 3.5): whether the keys of the certificates inside signed this content.
 * Nothing is said about whose they are. Never throws for what was sent, only when the workspace fails.
 * @param cms the decoded bytes of the part
 * @param detached what a multipart/signed covers: the first part with its header, byte for byte
 */
export async function verifySignedData(
  cms: ByteSource,
  detached: ByteSource | undefined,
  workspace: Workspace,
): Promise<VerifiedSignature> {
  const parts = await readOrProblem(cms, workspace)
  if (typeof parts === 'string') return unusable(parts)
  const { contentType, content, certificates, signerInfos } = parts
  // Which of the two would the reader see?
  if (content && detached) return unusable('two-contents')
  if (contentType !== data) return unusable('wrong-content-type')
  const covered = content ?? detached
  // Certificates alone (RFC 8551 3.8) are about nothing.
  if (signerInfos.length === 0) return { content, certificates, signers: [] }
  if (!covered) return { ...unusable('no-content'), certificates }
  const compared = coveredContent(covered, detached !== undefined)
  const signers: VerifiedSigner[] = []
  for (const info of signerInfos) signers.push(await verifySigner(info, certificates, compared))
  return { content, certificates, signers }
}

async function readOrProblem(
  cms: ByteSource,
  workspace: Workspace,
): Promise<SignedDataParts | SignatureProblem> {
  try {
    return await readSignedData(cms, workspace)
  } catch (error) {
    if (error instanceof TooMuchSigned) return 'too-large'
    if (error instanceof MalformedBer || error instanceof MalformedDer) return 'malformed'
    throw error
  }
}

function unusable(problem: SignatureProblem): VerifiedSignature {
  return { content: undefined, certificates: [], signers: [], problem }
}
