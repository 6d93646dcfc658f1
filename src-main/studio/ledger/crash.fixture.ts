// Exports a file step by step and dies by SIGKILL after the step it is told. Run as a child: node crash.fixture.ts DIR STEP
import { createHash } from 'node:crypto'
import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { unwrap } from '../../../src-shared/std/index.ts'
import { draftOf, fieldsOf, ledgerIn } from './ledger.fixture.ts'

const [dir = '', step = ''] = process.argv.slice(2)
const dieAt = (name: string): void => {
  if (step === name) process.kill(process.pid, 'SIGKILL')
}

const ledger = await ledgerIn(dir)
const partPath = join(dir, '.mix.wav.part-1')
const finalPath = join(dir, 'mix.wav')
dieAt('start')
const intent = unwrap(ledger.beginIntent(draftOf({ partPath, finalPath })))
dieAt('intent')
writeFileSync(partPath, 'half')
dieAt('half')
writeFileSync(partPath, 'whole file')
dieAt('signed')
unwrap(intent.commit(fieldsOf({ sha256: `sha256:${createHash('sha256').update('whole file').digest('hex')}` })))
dieAt('commit')
renameSync(partPath, finalPath)
dieAt('rename')
unwrap(intent.finish())
dieAt('finish')
