// A review as one page for any browser, offline: it fetches nothing, runs one script that its own policy names by hash, and shows every word as text.
// The same JSON as a review file stands inside, so that the app takes the page in as it takes the file.
import { ok, type Result, utf8 } from '../std/index.ts'
import type { ApprovalRequest } from './records.ts'
import { REVIEW_SCRIPT_ID, type ReviewFile, reviewScript } from './review-file.ts'
import { REVIEW_PAGE_SCRIPT, REVIEW_PAGE_STYLE } from './review-page-script.ts'
import { type StatementCrypto, verifyAnswer, verifyComment, verifyRequest } from './signed.ts'

/** Text as HTML. Control and direction characters become spaces: names come from others. */
const asHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`).replace(/(?![\n\t])\p{Cc}|[\u202a-\u202e\u2066-\u2069]/gu, ' ')

const time = (ms: number): string => `${Math.floor(Math.round(ms / 1_000) / 60)}:${String(Math.round(ms / 1_000) % 60).padStart(2, '0')}`
const day = (iso: string): string => asHtml(iso.slice(0, 10))

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** The hash of an inline script or style as a content policy names it. */
const policyHash = (text: string, { sha256 }: StatementCrypto): string => {
  const bytes = sha256(utf8(text))
  let out = ''
  for (let i = 0; i < bytes.length; i += 3) {
    const [a = 0, b = 0, c = 0] = [bytes[i], bytes[i + 1], bytes[i + 2]]
    const left = bytes.length - i
    out += BASE64[a >> 2]
    out += BASE64[((a & 3) << 4) | (b >> 4)]
    out += left > 1 ? BASE64[((b & 15) << 2) | (c >> 6)] : '='
    out += left > 2 ? BASE64[c & 63] : '='
  }
  return `'sha256-${out}'`
}

const AI_WORDS = {
  None: 'No AI took part.',
  Partly: 'AI took part.',
  All: 'All of it is made by AI.',
} as const

const doneList = ({ done, ai }: ApprovalRequest): string => {
  const credits = ai.contributions
    .filter(({ value }) => value !== 'None')
    .map(({ role, value, model }) => `${role}: ${value.toLowerCase()}${model === undefined ? '' : ` (${model})`}`)
  const stems = done.map(
    ({ title, role, usedMs, lines }) =>
      `<div class="stem"><b>${asHtml(title)}</b> <span class="quiet">${asHtml(role)}, heard for ${time(usedMs)}</span><ul>${
        lines
          .map(
            ({ text, fromMs, toMs, model }) =>
              `<li><span>${asHtml(text)}${model === null ? '' : ' <b>AI</b>'}</span><small>${time(fromMs)}–${time(toMs)}</small></li>`,
          )
          .join('') || '<li><span class="quiet">As it was recorded</span></li>'
      }</ul></div>`,
  )
  return `<p>${AI_WORDS[ai.containsAI]}${credits.length === 0 ? '' : ` <span class="quiet">${asHtml(credits.join(' · '))}</span>`}</p>${stems.join('')}`
}

const VERDICTS = {
  approve: 'approved',
  approve_with_conditions: 'approved with conditions',
  changes: 'asked for changes',
  refuse: 'refused',
} as const

/** Requests, answers and comments that came before; what does not hold is left out. */
const saidBefore = ({ statements, approvers }: ReviewFile, crypto: StatementCrypto): string => {
  const said = statements.flatMap(({ kind, jws }): { readonly at: string; readonly html: string }[] => {
    if (kind === 'request') {
      const read = verifyRequest(jws, crypto)
      return read.ok
        ? [{ at: read.value.issuedAt, html: `<b>Submitted</b> ${asHtml(read.value.message)} <small>${day(read.value.issuedAt)}</small>` }]
        : []
    }
    if (kind === 'answer') {
      const read = verifyAnswer(jws, approvers, crypto)
      if (!read.ok) return []
      const { artist, verdict, notes, conditions, issuedAt } = read.value
      const name = approvers.find(({ kid }) => kid === artist)?.name ?? 'The artist'
      const lines = [
        ...conditions.map((text) => asHtml(text)),
        ...notes.map(({ fromMs, toMs, text }) => `<small>${time(fromMs)}${toMs === null ? '' : `–${time(toMs)}`}</small> ${asHtml(text)}`),
      ]
      return [
        {
          at: issuedAt,
          html: `<b>${asHtml(name)}</b> ${VERDICTS[verdict]} <small>${day(issuedAt)}</small>${lines.map((line) => `<p>${line}</p>`).join('')}`,
        },
      ]
    }
    if (kind !== 'comment') return []
    const read = verifyComment(jws, crypto)
    if (!read.ok) return []
    const { from, text, atMs, issuedAt } = read.value
    return [
      {
        at: issuedAt,
        html: `<b>The ${from}</b> ${atMs === null ? '' : `<small>${time(atMs)}</small> `}${asHtml(text)} <small>${day(issuedAt)}</small>`,
      },
    ]
  })
  if (said.length === 0) return ''
  return `<h2>Said before</h2>${[...said]
    .sort((a, b) => (a.at < b.at ? -1 : 1))
    .map(({ html }) => `<div class="said">${html}</div>`)
    .join('')}`
}

const CHOICES = [
  ['approve', 'Approve', 'This exact sound may be exported.'],
  ['approve_with_conditions', 'Approve with conditions', 'It may be exported; the conditions go along.'],
  ['changes', 'Ask for changes', 'Not yet. Your notes say what should be different.'],
  ['refuse', 'Refuse', 'No. It may not be exported.'],
] as const

const ANSWER = `<h2 id="answer">Your answer</h2>
<fieldset aria-labelledby="answer">${CHOICES.map(([value, label, help]) => `<label class="verdict"><input type="radio" name="verdict" value="${value}"><span><b>${label}</b> <span class="quiet">${help}</span></span></label>`).join('')}</fieldset>
<div id="conditions-part" hidden><h2>Conditions</h2><ul id="conditions"></ul><form id="condition-form" class="row"><input id="condition" type="text" class="grow" maxlength="2000" aria-label="A condition" placeholder="e.g. Name me in the title"><button>Add condition</button></form></div>
<p id="expires-part" hidden><label class="row">Valid until <input id="expires" type="date"> <span class="quiet">empty for no end</span></label></p>
<p class="row"><button type="button" id="unsigned" class="primary">Save answer, to be signed in Stemma</button></p>
<p class="quiet">Open the saved file in the Stemma that has your key: it shows your answer once more and signs it over exactly this sound.</p>
<details><summary>Sign here instead</summary><div id="sign-part" hidden><p>Only where you know who sent you this page: a page that was tampered with could keep your key. Choose the signing key that your Stemma saved; it is used once and not stored.</p>
<button type="button" id="sign">Choose the signing key and sign…</button><input id="key" type="file" accept=".json,application/json" aria-label="Signing key" hidden></div>
<p id="no-sign" hidden>This browser cannot sign (Ed25519). Save the answer and sign it in Stemma.</p></details>
<p id="say" role="status" aria-live="polite"></p>`

const LISTEN = `<h2>Listen</h2>
<p id="listen" class="quiet" role="status">Preparing the sound…</p>
<div id="wave-area" role="slider" tabindex="0" aria-label="Position. Arrow keys move it, Shift and arrow keys choose a stretch" aria-valuemin="0" aria-valuemax="1" aria-valuenow="0"><canvas id="wave" aria-hidden="true"></canvas><div id="stretch" aria-hidden="true"></div><div id="marks"></div><div id="head" aria-hidden="true"></div></div>
<div class="row"><button type="button" id="play" disabled>Play</button><button type="button" id="side" aria-pressed="false" aria-label="Original instead of remix, X"><span id="is-preview" class="on">Remix</span><span id="is-original">Original</span><kbd>X</kbd></button><span id="clock"></span></div>
<div id="plain"></div>
<h2>Notes</h2><p class="quiet">Click the waveform for a place, drag for a stretch.</p>
<ul id="notes"></ul><form id="note-form" class="row"><b id="note-place"></b><input id="note" type="text" class="grow" maxlength="4000" aria-label="A note for this place"><button>Add note</button></form>`

/** The page around a review. Fails with the `jws.*` codes where its request does not hold. */
export const buildReviewPage = (review: ReviewFile, crypto: StatementCrypto): Result<string> => {
  const read = verifyRequest(review.request, crypto)
  if (!read.ok) return read
  const request = read.value
  const title = `${asHtml(request.remix.title)}, made of ${asHtml(request.workTitle)}`
  const policy = `default-src 'none'; script-src ${policyHash(REVIEW_PAGE_SCRIPT, crypto)}; style-src ${policyHash(REVIEW_PAGE_STYLE, crypto)}; media-src blob:; base-uri 'none'; form-action 'none'`
  return ok(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="${policy}"><meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${REVIEW_PAGE_STYLE}</style>
</head><body>
<h1>${asHtml(request.remix.title)}</h1>
<p class="quiet">made of ${asHtml(request.workTitle)}, submitted ${day(request.issuedAt)}${review.approvers.length === 0 ? '' : `, for ${asHtml(review.approvers.map(({ name }) => name).join(' or '))}`}</p>
${request.message === '' ? '' : `<blockquote>${asHtml(request.message)}</blockquote>`}
<noscript><p class="card">This page plays and answers with a script of its own, which this browser did not run. Open the file in Stemma instead.</p></noscript>
<div id="needs-script" hidden>${LISTEN}</div>
<h2>What was done</h2>${doneList(request)}
${saidBefore(review, crypto)}
<div>${ANSWER}</div>
<p><small>Request ${asHtml(request.id)}. Sound ${asHtml(request.pcmSha256)}. This file also opens in Stemma.</small></p>
<script type="application/json" id="${REVIEW_SCRIPT_ID}">${reviewScript(review)}</script>
<script>${REVIEW_PAGE_SCRIPT}</script>
</body></html>
`)
}
