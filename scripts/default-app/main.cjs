// Stands in for Electron's own default app: `electron [-r file] [flags] <app folder or file>`. Playwright's loader comes in
// by -r. It must not touch the userData path: a test chooses that by --user-data-dir.
const { app } = require('electron')
const { existsSync, readFileSync } = require('node:fs')
const { _resolveFilename: resolveFilename } = require('node:module')
const { dirname, join, resolve } = require('node:path')
const { pathToFileURL } = require('node:url')

const args = process.argv.slice(1)
const preloads = []
let target
while (args.length > 0 && target === undefined) {
  const arg = args.shift()
  if (arg === '-r' || arg === '--require') preloads.push(args.shift())
  else if (arg === '-v' || arg === '--version') {
    process.stdout.write(`v${process.versions.electron}\n`)
    process.exit(0)
  } else if (!arg.startsWith('-')) target = arg
}
if (target === undefined) {
  process.stderr.write('usage: electron [options] <app>\n')
  process.exit(1)
}

for (const preload of preloads) require(resolve(preload))
Object.defineProperty(process, 'defaultApp', { configurable: false, enumerable: true, value: true })

const folder = resolve(target)
const manifestPath = join(folder, 'package.json')
const hasManifest = existsSync(manifestPath)
if (hasManifest) {
  const manifest = JSON.parse(readFileSync(manifestPath, 'utf8'))
  app.setVersion(manifest.version ?? '0.0.0')
  app.name = manifest.productName ?? manifest.name ?? app.name
  if (process.platform === 'linux') app.setDesktopName(manifest.desktopName ?? `${app.name}.desktop`)
}
const main = resolveFilename(folder, null, true)
app.setAppPath(hasManifest ? folder : dirname(main))
import(pathToFileURL(main).href).catch((error) => {
  process.stderr.write(`The app threw while it was loading\n${error?.stack ?? error}\n`)
  process.exit(1)
})
