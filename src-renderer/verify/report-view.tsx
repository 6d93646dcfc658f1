// A report as a person reads it: three separate lines first, then lineage, AI, receipt, and everything else below.
import { BadgeCheck, Bot, FileKey, Plug, ReceiptText, ShieldCheck, Users } from 'lucide-react'
import type { LucideIcon } from 'lucide-react'
import type { ReactNode } from 'react'
import type { VerifyReport } from '../../src-shared/protocol/index.ts'
import { Badge, classes, countOf, formatBytes, formatMoment, scopeWords, shortHash, type Tone, ToneIcon, withKeys } from '../parts/index.ts'
import { LineageTree } from './lineage-tree.tsx'

const INTEGRITY: Readonly<Record<VerifyReport['integrity']['state'], { readonly tone: Tone; readonly word: string }>> = {
  intact: { tone: 'good', word: 'Intact' },
  changed: { tone: 'bad', word: 'Changed' },
  none: { tone: 'neutral', word: 'No credentials' },
  recovered: { tone: 'limited', word: 'Recovered, not intact' },
  unreadable: { tone: 'bad', word: 'Unreadable' },
}
const TRUST: Readonly<Record<VerifyReport['trust']['state'], { readonly tone: Tone; readonly word: string }>> = {
  trusted: { tone: 'good', word: 'Trusted' },
  unknown: { tone: 'limited', word: 'Not known' },
  expired: { tone: 'limited', word: 'Expired' },
  revoked: { tone: 'bad', word: 'Revoked' },
  none: { tone: 'neutral', word: 'Nobody to trust' },
}
const RECEIPT: Readonly<Record<NonNullable<VerifyReport['receipt']>['state'], { readonly tone: Tone; readonly word: string }>> = {
  synced: { tone: 'good', word: 'In the log, proof checked' },
  local: { tone: 'pending', word: 'On this machine only' },
  void: { tone: 'limited', word: 'Withdrawn' },
  unproved: { tone: 'bad', word: 'Proof does not hold' },
  unknown: { tone: 'neutral', word: 'Not found' },
}
const CONTAINER: Readonly<Record<NonNullable<VerifyReport['container']>, string>> = {
  wav: 'WAV',
  mp3: 'MP3',
  flac: 'FLAC',
  mp4: 'M4A',
  other: 'no audio file that Stemma knows',
}
/** What a file says about training and mining, by the names its assertion has. */
const RIGHTS: Readonly<Record<string, string>> = {
  'cawg.ai_generative_training': 'Training generative AI',
  'cawg.ai_training': 'Training AI',
  'cawg.ai_inference': 'Reading by AI',
  'cawg.data_mining': 'Data mining',
}
const SEVERITY = { error: 'bad', warning: 'limited', info: 'info' } as const

const Line = ({
  name,
  icon: Icon,
  tone,
  word,
  children,
}: {
  name: string
  icon: LucideIcon
  tone: Tone
  word: string
  children: ReactNode
}) => (
  <li className={classes('verdict-line', `verdict-${tone}`)}>
    <Icon size={20} strokeWidth={1.7} aria-hidden />
    <span className="verdict-name caps">{name}</span>
    <span className="verdict-word">
      <ToneIcon tone={tone} size={15} /> {word}
    </span>
    <span className="verdict-sentence selectable">{children}</span>
  </li>
)

const Group = ({ title, icon: Icon, children }: { title: string; icon?: LucideIcon; children: ReactNode }) => (
  <section className="report-group" aria-label={title}>
    <h3 className="caps">
      {Icon && <Icon size={13} aria-hidden />} {title}
    </h3>
    {children}
  </section>
)

const Signer = ({ signer }: { signer: NonNullable<VerifyReport['signer']> }) => (
  <dl className="facts">
    <dt>Issued by</dt>
    <dd className="selectable">{signer.issuer}</dd>
    <dt>Valid</dt>
    <dd>
      {formatMoment(signer.validFrom)} to {formatMoment(signer.validTo)}
    </dd>
    <dt>Signed</dt>
    <dd>
      {signer.signedAt === null
        ? 'no time given'
        : `${formatMoment(signer.signedAt)}${signer.signedAtSource === 'time-stamp' ? ', by a time-stamp authority' : ', as the file itself claims'}`}
    </dd>
    <dt>Serial</dt>
    <dd className="selectable" title={signer.serial}>
      {shortHash(signer.serial)}
    </dd>
  </dl>
)

/** A whole report. */
export const ReportView = ({ report }: { report: VerifyReport }) => {
  const integrity = INTEGRITY[report.integrity.state]
  // Green would speak for the file, which is no longer what that signer signed.
  const isStale = report.integrity.state === 'changed' && report.trust.state === 'trusted'
  const trust = isStale ? { ...TRUST.trusted, tone: 'neutral' as const } : TRUST[report.trust.state]
  const { signer, receipt, ai } = report
  return (
    <div className="report" data-verdict={report.verdict}>
      <header className="report-head">
        <div className="report-title">
          <h2 className="ellipsis" title={report.fileName}>
            {report.fileName}
          </h2>
          <p className="muted">
            {[
              report.title !== null && report.title !== report.fileName ? report.title : '',
              formatBytes(report.bytes),
              report.container === null ? '' : CONTAINER[report.container],
              report.generator ?? '',
            ]
              .filter(Boolean)
              .join(' · ')}
          </p>
        </div>
        {report.sha256 !== null && (
          <code className="code-chip selectable" title={`SHA-256 ${report.sha256}`}>
            {shortHash(report.sha256)}
          </code>
        )}
      </header>
      <ul className="verdict" aria-label="Verdict">
        <Line name="Integrity" icon={FileKey} tone={integrity.tone} word={integrity.word}>
          {report.integrity.sentence}
        </Line>
        <Line
          name="Signer"
          icon={BadgeCheck}
          tone={signer ? 'info' : 'neutral'}
          word={signer ? signer.organisation || signer.name || 'Unnamed' : 'Nobody'}
        >
          {signer?.sentence ?? 'The file carries no signature.'}
        </Line>
        <Line name="Trust" icon={ShieldCheck} tone={trust.tone} word={trust.word}>
          {report.trust.sentence}
        </Line>
      </ul>
      {report.findings.length > 0 && (
        <Group title={countOf(report.findings.length, 'finding')}>
          <ul className="findings">
            {report.findings.map((finding) => (
              <li key={`${finding.code}-${finding.message}`}>
                <ToneIcon tone={SEVERITY[finding.severity]} size={14} />
                <span className="visually-hidden">{finding.severity}</span>
                <span className="selectable">{finding.message}</span>
                <code className="code-chip selectable">{finding.code}</code>
              </li>
            ))}
          </ul>
        </Group>
      )}
      <div className="report-columns">
        <div>
          <Group title="Lineage" icon={Users}>
            {report.ingredients.length === 0 ? (
              <p className="muted">The file names no sources.</p>
            ) : (
              <LineageTree title={report.title ?? report.fileName} ingredients={report.ingredients} />
            )}
          </Group>
          {report.actions.length > 0 && (
            <Group title="What was done">
              <ol className="actions">
                {withKeys(report.actions, ({ text }) => text).map(({ key, item: action }) => (
                  <li key={key}>
                    <span className="selectable">{action.text}</span>
                    {action.isGenerative && <Badge tone="info">AI</Badge>}
                    {action.stems.length > 0 && (
                      <span className="muted ellipsis" title={action.stems.join(', ')}>
                        {action.stems.join(', ')}
                      </span>
                    )}
                  </li>
                ))}
              </ol>
            </Group>
          )}
        </div>
        <div>
          <Group title="AI credits" icon={Bot}>
            {ai ? (
              <>
                <p className="selectable">{ai.sentence}</p>
                {ai.contributions.length > 0 && (
                  <dl className="facts">
                    {ai.contributions.map((one) => (
                      <div key={one.role} className="facts-row">
                        <dt>{one.role}</dt>
                        <dd>{one.value === 'None' ? 'human' : one.value === 'Partly' ? 'partly AI' : 'AI'}</dd>
                      </div>
                    ))}
                  </dl>
                )}
              </>
            ) : (
              <p className="muted">The file says nothing about AI.</p>
            )}
          </Group>
          {report.plugins.length > 0 && (
            <Group title={countOf(report.plugins.length, 'plugin')} icon={Plug}>
              <ul className="report-plugins">
                {withKeys(report.plugins, ({ format, id, state }) => `${format} ${id} ${state}`).map(({ key, item: plugin }) => (
                  <li key={key} title={`${plugin.id}\nSettings ${plugin.state}`}>
                    <span className="selectable">{[plugin.name, plugin.version].filter(Boolean).join(' ')}</span>
                    <span className="muted">
                      {[plugin.format.toUpperCase(), plugin.vendor, plugin.frozenElsewhere ? 'frozen elsewhere' : '']
                        .filter(Boolean)
                        .join(' · ')}
                    </span>
                  </li>
                ))}
              </ul>
            </Group>
          )}
          <Group title="Receipt" icon={ReceiptText}>
            {receipt ? (
              <>
                <Badge tone={RECEIPT[receipt.state].tone}>{RECEIPT[receipt.state].word}</Badge>
                <p className="selectable">{receipt.sentence}</p>
                <dl className="facts">
                  <dt>Number</dt>
                  <dd className="selectable" title={receipt.id}>
                    {shortHash(receipt.id)}
                  </dd>
                  {receipt.issuedAt !== null && (
                    <>
                      <dt>Issued</dt>
                      <dd>{formatMoment(receipt.issuedAt)}</dd>
                    </>
                  )}
                  {receipt.proof && (
                    <>
                      <dt>Proof</dt>
                      <dd className="selectable">{`leaf ${receipt.proof.logIndex} of ${receipt.proof.treeSize} in ${receipt.proof.origin}${receipt.proof.isValid ? '' : ', does not hold'}`}</dd>
                    </>
                  )}
                </dl>
              </>
            ) : (
              <p className="muted">No receipt belongs to this file.</p>
            )}
          </Group>
          {signer && (
            <Group title="Certificate">
              <Signer signer={signer} />
            </Group>
          )}
          {(report.scope !== null || report.trainingMining !== null) && (
            <Group title="Rights">
              <dl className="facts">
                {report.scope !== null && (
                  <>
                    <dt>Scope</dt>
                    <dd>{scopeWords(report.scope)}</dd>
                  </>
                )}
                {Object.entries(report.trainingMining ?? {}).map(([name, value]) => (
                  <div key={name} className="facts-row">
                    <dt title={name}>{RIGHTS[name] ?? name.replace('cawg.', '').replaceAll('_', ' ')}</dt>
                    <dd>{value === 'notAllowed' ? 'not allowed' : value}</dd>
                  </div>
                ))}
              </dl>
            </Group>
          )}
          {report.tags.length > 0 && (
            <Group title="Tags">
              <dl className="facts">
                {withKeys(report.tags, ({ name }) => name).map(({ key, item: tag }) => (
                  <div key={key} className="facts-row">
                    <dt className="ellipsis" title={tag.name}>
                      {tag.name}
                    </dt>
                    <dd className="selectable">{tag.value}</dd>
                  </div>
                ))}
              </dl>
            </Group>
          )}
        </div>
      </div>
    </div>
  )
}
