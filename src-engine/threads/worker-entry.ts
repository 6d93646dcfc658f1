// Where a worker's program is: a `.ts` beside its caller in source, a `.js` of that name beside the caller's chunk in the one flat folder of the bundle.
import { extname, join } from 'node:path'

/** Absolute path of a worker's program, for the caller whose `import.meta` is given. */
export const workerEntry = ({ dirname, filename }: ImportMeta, name: string): string => join(dirname, `${name}${extname(filename)}`)
