// A review as one page for any browser, offline: nothing is fetched, nothing runs, everything shown is text. The same JSON as a review file stands inside,
// so that the app takes the page in as it takes the file.
import type { StatementCrypto } from './signed.ts'
import { verifyRequest } from './signed.ts'
import { REVIEW_SCRIPT_ID, type ReviewFile, reviewScript } from './review-file.ts'
import { ok, type Result } from '../std/index.ts'

/** Text as HTML. Control and direction characters become spaces: names come from others. */
const asHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`).replace(/(?![\n\t])\p{Cc}|[\u202a-\u202e\u2066-\u2069]/gu, ' ')

const time = (ms: number): string => `${Math.floor(ms / 60_000)}:${String(Math.floor(ms / 1_000) % 60).padStart(2, '0')}`

const player = (label: string, audio: { readonly mimeType: string; readonly base64: string }): string =>
  `<figure><figcaption>${asHtml(label)}</figcaption><audio controls preload="metadata" src="data:${audio.mimeType};base64,${audio.base64}"></audio></figure>`

/** The page around a review. Fails with the `jws.*` codes where its request does not hold. */
export const buildReviewPage = (review: ReviewFile, crypto: StatementCrypto): Result<string> => {
  const read = verifyRequest(review.request, crypto)
  if (!read.ok) return read
  const request = read.value
  const done = request.done
    .map(
      ({ title, role, usedMs, lines }) =>
        `<li><b>${asHtml(title)}</b> (${asHtml(role)}), heard for ${time(usedMs)}<ul>${lines
          .map(({ text, fromMs, toMs }) => `<li>${asHtml(text)} <small>${time(fromMs)}–${time(toMs)}</small></li>`)
          .join('')}</ul></li>`,
    )
    .join('')
  const ai =
    request.ai.containsAI === 'None' ? 'No trained model took part.' : `A trained model took part: ${request.ai.containsAI.toLowerCase()}.`
  const title = `${asHtml(request.remix.title)}, made of ${asHtml(request.workTitle)}`
  return ok(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; media-src data:; style-src 'unsafe-inline'">
<title>${title}</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem;color:#1b1b1f;background:#fff}audio{width:100%}figure{margin:1rem 0}small{color:#666}</style>
</head><body>
<h1>${title}</h1>
<p>${asHtml(request.message) || 'No message.'}</p>
${player('The remix', review.preview)}
${review.original ? player('The original', review.original) : ''}
<h2>What was done</h2><ul>${done}</ul><p>${asHtml(ai)}</p>
<p>To answer, open this file in Stemma: it takes the page in as it is, and signs your answer over exactly this sound.</p>
<p><small>Request ${asHtml(request.id)} of ${asHtml(request.issuedAt.slice(0, 10))}. Sound ${asHtml(request.pcmSha256)}.</small></p>
<script type="application/json" id="${REVIEW_SCRIPT_ID}">${reviewScript(review)}</script>
</body></html>
`)
}
