// Keys at rest: the operating system's keyring where there is a real one, else a file only the user can read, and the window says which.
import { safeStorage } from 'electron'
import { fileSecretBox, type SecretBox } from '../studio/index.ts'

/** `basic_text` on Linux encrypts with a constant, which protects nothing; it counts as no keyring. */
const hasKeyring = (): boolean =>
  safeStorage.isEncryptionAvailable() &&
  (process.platform !== 'linux' || !['basic_text', 'unknown'].includes(safeStorage.getSelectedStorageBackend()))

export const openSecretBox = (): SecretBox =>
  hasKeyring()
    ? {
        kind: 'keyring',
        seal: (plain) => safeStorage.encryptString(plain).toString('base64'),
        open: (sealed) => safeStorage.decryptString(Buffer.from(sealed, 'base64')),
      }
    : fileSecretBox
