// The npm tarball of @contentauth/c2pa-node carries the linux-x64 binary only. Its own install script is denied in
// package.json ("allowScripts"), so other platforms run it here, and a failed download never fails the whole install.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

if (!(process.platform === 'linux' && process.arch === 'x64')) {
  const script = fileURLToPath(new URL('../node_modules/@contentauth/c2pa-node/scripts/postinstall.cjs', import.meta.url))
  const { SKIP_RUST_BUILD: _, ...env } = process.env
  const { status } = spawnSync(process.execPath, [script], { stdio: 'inherit', env })
  if (status !== 0) {
    console.warn('c2pa-node: no binary was fetched for this platform; signing stays unavailable until `npm run postinstall` succeeds.')
  }
}
