import * as openpgp from 'openpgp'
import { armoredKey } from './openpgp-judges.ts'

/** The test keys were made on 2026-11-21. */
export const signedOn = new Date('2026-12-01T00:00:00Z')

const quietly = { preferredCompressionAlgorithm: openpgp.enums.compression.uncompressed }

/** Packets that are somebody's message: `encrypted` is what dave-curve25519 can open. */
export type Packets = openpgp.PacketList<openpgp.AnyPacket>

/** A message signed by carol-rsa3072, as its packets: one-pass signature, literal, signature. */
export async function signedPackets(text: string): Promise<Packets> {
  const signed = await openpgp.sign({
    message: await openpgp.createMessage({ text }),
    signingKeys: await openpgp.readPrivateKey({ armoredKey: armoredKey('carol-rsa3072', 'sec') }),
    date: signedOn,
    format: 'object',
  })
  return signed.packets
}

export async function literalPackets(text: string): Promise<Packets> {
  return (await openpgp.createMessage({ text, date: signedOn })).packets
}

/** Any packets, sound or not, encrypted with integrity protection. */
export async function encrypted(packets: readonly openpgp.AnyPacket[]): Promise<Buffer> {
  const list = new openpgp.PacketList<openpgp.AnyPacket>()
  for (const packet of packets) list.push(packet)
  const key = await openpgp.readKey({ armoredKey: armoredKey('dave-curve25519', 'pub') })
  const message = await new openpgp.Message(list).encrypt(
    [key],
    undefined,
    undefined,
    false,
    [],
    signedOn,
    [],
    {
      ...openpgp.config,
      ...quietly,
    },
  )
  return Buffer.from(message.write() as Uint8Array)
}

/** A packet of the new format with a five-octet length. */
export function packet(tag: number, body: Uint8Array): Buffer {
  const header = Buffer.alloc(6)
  header.writeUInt8(0xc0 | tag, 0)
  header.writeUInt8(0xff, 1)
  header.writeUInt32BE(body.length, 2)
  return Buffer.concat([header, body])
}
