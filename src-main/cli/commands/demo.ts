// `stemma demo`: from nothing to a synced receipt. The same calls as the other commands, on a service of its own.
import { mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { ExportFormat, VerifyReport, WorkSummary } from '../../../src-shared/protocol/index.ts'
import { clipsOf, type EditCommand, markersOf, remixOf, tracksOf, type RemixSnapshot } from '../../../src-shared/remix/index.ts'
import { barTicks } from '../../../src-shared/time/index.ts'
import {
  APP_VERSION,
  createNodeProcessHost,
  ensureDemoPacks,
  extensionOf,
  fileProblem,
  freePath,
  OpenRemix,
  safeFileName,
  startEmbeddedService,
} from '../../studio/index.ts'
import type { CommandContext, Run } from '../command.ts'
import { done, finding, formatDuration, plain, refused, type Report } from '../output.ts'
import { pullWithProgress } from './catalogue.ts'
import { loudnessLines } from './render.ts'
import { verifyLines } from './verify.ts'

const say = ({ isJson }: CommandContext, text: string): void => {
  if (!isJson) process.stderr.write(`${plain(text)}\n`)
}

/** A few edits any remix of any work takes: shorten it, throw the drums out for a while, bring them back, give the vocals a room. */
const demoEdits = (snapshot: RemixSnapshot): EditCommand[] => {
  const remix = remixOf(snapshot)
  const [meter] = remix.meter
  const bar = meter ? barTicks(meter) : 3_840
  const tracks = tracksOf(snapshot).filter((track) => track.kind === 'audio')
  const drums = tracks.filter((track) => track.role === 'drums')
  const lead = tracks.find((track) => track.role === 'vocals') ?? tracks[0]
  const clips = clipsOf(snapshot)
  const end = Math.max(...clips.map((clip) => clip.startTick + clip.lengthTicks))
  const half = Math.floor(end / 2 / bar) * bar
  const [section] = markersOf(snapshot).filter((marker) => marker.atTick >= half / 2)
  const from = section ? section.atTick : Math.floor(half / 2 / bar) * bar
  const edits: EditCommand[] = [
    { op: 'remix.set', title: `${remix.title} (Night Shift Remix)` },
    { op: 'track.add', id: 'bus:room', kind: 'bus', name: 'Room' },
    { op: 'device.add', trackId: 'bus:room', kind: 'reverb', params: { decaySeconds: 2.4 } },
  ]
  for (const [i, track] of drums.entries()) {
    const [clip] = clipsOf(snapshot, track.id)
    if (!clip || clip.lengthTicks <= from + 4 * bar) continue
    edits.push(
      { op: 'clip.split', clipIds: [clip.id], atTick: from, rightIds: [`clip:demo-${i}-out`] },
      { op: 'clip.split', clipIds: [`clip:demo-${i}-out`], atTick: from + 2 * bar, rightIds: [`clip:demo-${i}-back`] },
      { op: 'clip.delete', clipIds: [`clip:demo-${i}-out`] },
    )
  }
  if (lead) {
    edits.push(
      { op: 'device.add', trackId: lead.id, kind: 'delay', params: { timeMs: 375, feedbackPercent: 30, mixPercent: 18 } },
      { op: 'send.add', fromTrackId: lead.id, toTrackId: 'bus:room', gainDb: -12 },
    )
  }
  return edits
}

const pickWork = (works: readonly WorkSummary[]): WorkSummary | undefined => works.find((work) => work.licence.state === 'open') ?? works[0]

export const demoCommand: Run<{ readonly out?: string }> = async (context, { out = 'stemma-demo' }): Promise<Report> => {
  const dir = resolve(out)
  try {
    await mkdir(dir, { recursive: true })
  } catch (error) {
    return refused(fileProblem(error, dir))
  }
  const opened = await context.studio()
  if (!opened.ok) return refused(opened.error)
  const studio = opened.value

  say(context, 'Making the demo catalogue (once) …')
  const packs = await ensureDemoPacks({
    dir: studio.home.demo,
    homeDir: studio.home.dir,
    signer: studio.signer,
    appVersion: APP_VERSION,
    signal: context.signal,
    onProgress: (fraction, label) => context.progress.show(label, fraction),
  })
  if (!packs.ok) return refused(packs.error)
  const service =
    context.serviceUrl === null
      ? await startEmbeddedService(createNodeProcessHost(), { dataDir: studio.home.service, catalogueDirs: packs.value })
      : null
  if (service && !service.ok) return refused(service.error)
  try {
    if (service) studio.service.use(service.value.url)
    context.progress.clear()
    say(context, `Rights service at ${studio.service.url}`)
    const catalogue = await studio.works.catalogue('')
    if (!catalogue.ok) return refused(catalogue.error)
    const work = pickWork(catalogue.value.works)
    if (!work)
      return refused({
        code: 'demo.empty_catalogue',
        message: 'The catalogue of this rights service is empty, so there is nothing to show.',
      })
    const pulled = await pullWithProgress(studio, work, (label, fraction) => context.progress.show(label, fraction), context.signal)
    if (!pulled.ok) return refused(pulled.error)
    context.progress.clear()
    say(context, `Pulled “${work.title}”: ${work.stems.length} stems, ${work.licence.badge}`)

    const snapshot = studio.works.newRemix(work)
    if (!snapshot.ok) return refused(snapshot.error)
    const remix = await OpenRemix.create(studio.remixTools, snapshot.value)
    if (!remix.ok) return refused(remix.error)
    const edited = remix.value.edit(demoEdits(snapshot.value), 'Demo edits')
    if (!edited.ok) return refused(edited.error)
    const base = safeFileName(remix.value.session.title)
    const remixPath = freePath(dir, base, '.stemma')
    const saved = await remix.value.save(remixPath)
    if (!saved.ok) return refused(saved.error)

    const engine = await studio.engine.client()
    if (!engine.ok) return refused(engine.error)
    const available = await engine.value.request('engine.formats', {})
    if (!available.ok) return refused(available.error)
    const wanted: readonly ExportFormat[] = ['wav24', 'flac24', 'mp3', 'm4a']
    const formats = wanted.filter((format) => available.value.find((one) => one.format === format)?.isAvailable)
    const greyed = available.value.filter((one) => wanted.includes(one.format) && !one.isAvailable)
    for (const one of greyed) say(context, `Without ${one.format}: ${one.reason}`)
    const exported = await studio.export(
      {
        snapshot: remix.value.session.snapshot,
        targets: formats.map((format) => ({ format, trackId: null, path: freePath(dir, base, extensionOf(format)) })),
        range: null,
        loudnessTargetLufs: -14,
        threads: 2,
      },
      { signal: context.signal, onProgress: (_step, fraction, label) => context.progress.show(label, fraction) },
    )
    await remix.value.close()
    if (!exported.ok) return refused(exported.error)
    context.progress.clear()
    say(
      context,
      `Exported ${exported.value.files.map((file) => file.format).join(', ')}: ${formatDuration(exported.value.durationMs)}, ${loudnessLines(exported.value).join(' ')}`,
    )

    const synced = await studio.sync(context.signal)
    if (!synced.ok) return refused(synced.error)
    const receiptsPath = join(dir, 'receipts.json')
    await writeFile(
      receiptsPath,
      `${JSON.stringify({ format: 'stemma-receipts', v: 1, deviceKey: studio.identity.jwk, receipts: [...studio.ledger.exportAll()] }, null, 2)}\n`,
    )

    const reports: VerifyReport[] = []
    for (const path of exported.value.paths) {
      const report = await studio.verify(path)
      if (!report.ok) return refused(report.error)
      reports.push(report.value)
    }
    const isGood = reports.every(({ verdict, receipt }) => verdict === 'good' && receipt?.state === 'synced')
    const json = {
      ok: isGood,
      work: { id: work.id, title: work.title },
      remix: remixPath,
      exports: exported.value.files.map((file, i) => ({
        ...file,
        path: exported.value.paths[i],
        verdict: reports[i]?.verdict,
        receiptState: reports[i]?.receipt?.state,
      })),
      unavailable: greyed,
      loudness: exported.value.loudness,
      pcmSha256: exported.value.pcmSha256,
      receipts: receiptsPath,
      synced: synced.value.synced,
    }
    const lines = [
      ...reports.flatMap(verifyLines),
      '',
      `Remix     ${remixPath}`,
      ...exported.value.paths.map((path) => `Export    ${path}`),
      `Receipts  ${receiptsPath} (${synced.value.synced} synced with proof)`,
    ]
    return isGood ? done(json, lines) : finding(json, lines)
  } finally {
    if (service?.ok) await service.value.stop()
  }
}
