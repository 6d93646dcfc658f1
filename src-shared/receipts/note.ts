// C2SP signed notes and tlog checkpoints (c2sp.org/signed-note, c2sp.org/tlog-checkpoint), Ed25519 signatures only (type 1).
import { fail, fromBase64, fromHex, ok, toBase64, toHex, utf8 } from '../std/index.ts'
import type { Result, Sha256, SignEd25519, VerifyEd25519 } from '../std/index.ts'

const ED25519 = 1
const MAX_NOTE_LENGTH = 16_000

/** A verifier key: who signs, and with which key. */
export interface NoteKey {
  readonly name: string
  /** First four bytes of SHA-256 over name, newline, type and key. */
  readonly id: Uint8Array
  /** Raw Ed25519 public key. */
  readonly key: Uint8Array
}

export interface Checkpoint {
  readonly origin: string
  readonly size: number
  readonly root: Uint8Array
}

const keyId = (name: string, key: Uint8Array, sha256: Sha256): Uint8Array =>
  sha256(utf8(`${name}\n`), new Uint8Array([ED25519]), key).slice(0, 4)

const isName = (name: string): boolean => name.length > 0 && !/[\s+]/u.test(name)

/** Verifier key text `name+hexid+base64(type || key)`. */
export const buildVerifierKey = (name: string, key: Uint8Array, sha256: Sha256): string =>
  `${name}+${toHex(keyId(name, key, sha256))}+${toBase64(new Uint8Array([ED25519, ...key]))}`

/** Reads a verifier key and checks that its id fits name and key. */
export const parseVerifierKey = (text: string, sha256: Sha256): Result<NoteKey> => {
  const refused = fail('note.key', 'The verifier key of the log cannot be read; fetch the trust bundle again.')
  // The base64 part may hold plus signs itself, so only the first two separate.
  const first = text.indexOf('+')
  const second = text.indexOf('+', first + 1)
  if (first < 0 || second < 0) return refused
  const name = text.slice(0, first)
  const id = fromHex(text.slice(first + 1, second))
  const bytes = fromBase64(text.slice(second + 1))
  if (!isName(name) || id?.length !== 4 || bytes?.length !== 33 || bytes[0] !== ED25519) return refused
  const key = bytes.slice(1)
  return toHex(keyId(name, key, sha256)) === toHex(id) ? ok({ name, id, key }) : refused
}

/** Signs a text that ends in a newline. */
export const signNote = (text: string, name: string, key: Uint8Array, { sign, sha256 }: { sign: SignEd25519; sha256: Sha256 }): string =>
  `${text}\n— ${name} ${toBase64(new Uint8Array([...keyId(name, key, sha256), ...sign(utf8(text))]))}\n`

/** The text of a note that carries a good signature of `key`. Signatures of others (witnesses) are passed over; a bad one of `key` refuses the note. */
export const verifyNote = (note: string, key: NoteKey, verify: VerifyEd25519): Result<string> => {
  const malformed = fail('note.malformed', 'The checkpoint of the log is not a signed note; the reply was kept as evidence.')
  if (note.length > MAX_NOTE_LENGTH || !note.endsWith('\n')) return malformed
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the note format forbids them, newline apart
  if (/[\u0000-\u0009\u000b-\u001f\u007f]/.test(note)) return malformed
  const end = note.lastIndexOf('\n\n')
  if (end < 0) return malformed
  const text = note.slice(0, end + 1)
  const lines = note.slice(end + 2, -1).split('\n')
  if (lines.length > 100) return malformed
  let isSigned = false
  for (const line of lines) {
    const match = /^— (\S+) (\S+)$/u.exec(line)
    const bytes = match && fromBase64(match[2]!)
    if (!match || !bytes || bytes.length < 5) return malformed
    if (match[1] !== key.name || toHex(bytes.slice(0, 4)) !== toHex(key.id)) continue
    if (bytes.length !== 68 || !verify(key.key, utf8(text), bytes.slice(4)))
      return fail('note.signature', 'The signature on the checkpoint is not good; the reply was kept as evidence.')
    isSigned = true
  }
  return isSigned
    ? ok(text)
    : fail('note.unknown_key', 'The checkpoint is not signed by the log key this device trusts; the reply was kept as evidence.')
}

/** Text of a checkpoint, ready to be signed. */
export const buildCheckpoint = ({ origin, size, root }: Checkpoint): string => `${origin}\n${size}\n${toBase64(root)}\n`

/** Checks signature and origin of a checkpoint and reads it. Extension lines are allowed and ignored. */
export const verifyCheckpoint = (note: string, key: NoteKey, verify: VerifyEd25519): Result<Checkpoint> => {
  const text = verifyNote(note, key, verify)
  if (!text.ok) return text
  const [origin, sizeText, rootText] = text.value.split('\n')
  const root = rootText === undefined ? undefined : fromBase64(rootText)
  const size = Number(sizeText)
  if (!origin || !sizeText || !/^(0|[1-9][0-9]{0,15})$/.test(sizeText) || !Number.isSafeInteger(size) || root?.length !== 32)
    return fail('note.malformed', 'The checkpoint of the log cannot be read; the reply was kept as evidence.')
  // The key is trusted for one log only: the same key on another log's checkpoint proves nothing about this one.
  if (origin !== key.name) return fail('note.origin', 'The checkpoint belongs to another log; the reply was kept as evidence.')
  return ok({ origin, size, root })
}
