// Where the device's secrets are kept. The desktop app passes the system keyring; without one, file permissions are all there is, and that is said.

/** Seals secrets for this user of this computer. Both calls throw where the keyring refuses. */
export interface SecretBox {
  /** `keyring`: sealed by the operating system. `file`: readable by whoever can read the user's files. */
  readonly kind: 'keyring' | 'file'
  seal(plain: string): string
  open(sealed: string): string
}

/** No keyring: secrets stand in a file that only the user may read. */
export const fileSecretBox: SecretBox = {
  kind: 'file',
  seal: (plain) => Buffer.from(plain, 'utf8').toString('base64'),
  open: (sealed) => Buffer.from(sealed, 'base64').toString('utf8'),
}
