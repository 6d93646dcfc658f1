// How signatures of statements are checked: one that held is not checked again. Threads are put together anew after every edit, out of the same statements.
import { toHex, type VerifyEd25519 } from '../../../src-shared/std/index.ts'
import { sha256, verifyEd25519 } from '../identity/index.ts'

const MAX_REMEMBERED = 20_000

const rememberGood = (verify: VerifyEd25519): VerifyEd25519 => {
  const good = new Set<string>()
  return (publicKey, message, signature) => {
    // Key and signature have fixed lengths, so no other three parts make the same bytes.
    if (signature.length !== 64 || publicKey.length !== 32) return false
    const name = toHex(sha256(publicKey, signature, message))
    if (good.has(name)) return true
    if (!verify(publicKey, message, signature)) return false
    if (good.size >= MAX_REMEMBERED) good.clear()
    good.add(name)
    return true
  }
}

/** Hash and check that statements are verified with. */
export const statementCrypto = { sha256, verify: rememberGood(verifyEd25519) }
