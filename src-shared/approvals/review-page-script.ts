// The script of a review page, as it stands in the page: plain ECMAScript 2020, no template texts, and nothing that asks a network. What it shows is set as
// text, never as markup. It reads the review from the page, so it is the same for every page and its hash is the page's script policy.

/** Runs in the browser of whoever opens a review page. */
export const REVIEW_PAGE_SCRIPT = String.raw`'use strict';
(function () {
  var byId = function (id) { return document.getElementById(id) }
  var review = JSON.parse(byId('stemma-review').textContent)
  var utf8 = new TextEncoder()
  var toBytes = function (base64) {
    var text = atob(base64)
    var bytes = new Uint8Array(text.length)
    for (var i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i)
    return bytes
  }
  var toBase64Url = function (bytes) {
    var text = ''
    for (var i = 0; i < bytes.length; i++) text += String.fromCharCode(bytes[i])
    return btoa(text).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')
  }
  var part = review.request.split('.')[1].replace(/-/g, '+').replace(/_/g, '/')
  var request = JSON.parse(new TextDecoder().decode(toBytes(part)))
  var make = function (tag, className, text) {
    var element = document.createElement(tag)
    if (className) element.className = className
    if (text !== undefined) element.textContent = text
    return element
  }
  var clock = function (ms) {
    var tenths = Math.round(Math.max(0, ms) / 100)
    var minutes = Math.floor(tenths / 600)
    var rest = ((tenths - minutes * 600) / 10).toFixed(1)
    return minutes + ':' + (rest.length < 4 ? '0' : '') + rest
  }
  var place = function (note) { return note.toMs === null ? clock(note.fromMs) : clock(note.fromMs) + ' – ' + clock(note.toMs) }
  var say = function (text) { byId('say').textContent = text }
  /** Half a character is no text: canonical JSON cannot hold it. */
  var wellFormed = function (text) {
    return text.replace(/[\ud800-\udbff](?![\udc00-\udfff])/g, '').replace(/(^|[^\ud800-\udbff])[\udc00-\udfff]/g, '$1')
  }

  // Listening: both sounds run on one clock, only their gains change.
  var durationMs = request.durationMs
  var side = 'preview'
  var buffers = { preview: null, original: null }
  var peaks = { preview: null, original: null }
  var gainOf = { preview: 1, original: 1 }
  if (request.original && request.preview.centiLufs !== null && request.original.centiLufs !== null) {
    var difference = (request.preview.centiLufs - request.original.centiLufs) / 100
    if (difference > 0) gainOf.preview = Math.pow(10, -difference / 20)
    else gainOf.original = Math.pow(10, difference / 20)
  }
  var context = null
  var decoder = null
  var playing = null
  var restMs = 0
  var chosen = { fromMs: 0, toMs: null }
  var notes = []
  var conditions = []
  var positionMs = function () {
    return playing ? Math.max(0, Math.min(durationMs, (context.currentTime - playing.zero) * 1000)) : restMs
  }
  var halt = function () {
    if (!playing) return
    var old = playing
    playing = null
    old.sources.forEach(function (source) { source.onended = null; source.stop() })
  }
  var rest = function (ms) { halt(); restMs = ms; show() }
  var play = function () {
    if (!context) return
    halt()
    if (restMs >= durationMs - 20) restMs = 0
    context.resume()
    var at = context.currentTime + 0.02
    var gains = {}
    var sources = []
    ;['preview', 'original'].forEach(function (one) {
      var gain = context.createGain()
      gain.gain.value = one === side ? gainOf[one] : 0
      gain.connect(context.destination)
      gains[one] = gain
      if (!buffers[one] || restMs / 1000 >= buffers[one].duration) return
      var source = context.createBufferSource()
      source.buffer = buffers[one]
      source.connect(gain)
      source.start(at, restMs / 1000)
      sources.push(source)
      if (one === 'preview') source.onended = function () { if (playing && playing.sources.indexOf(source) >= 0) rest(0) }
    })
    playing = { sources: sources, gains: gains, zero: at - restMs / 1000 }
    show()
    requestAnimationFrame(follow)
  }
  var toggle = function () { if (playing) rest(positionMs()); else play() }
  var seek = function (ms) {
    restMs = Math.max(0, Math.min(durationMs, ms))
    if (playing) play()
    else show()
  }
  var change = function () {
    if (!buffers.original) return
    side = side === 'preview' ? 'original' : 'preview'
    if (playing) ['preview', 'original'].forEach(function (one) {
      var gain = playing.gains[one].gain
      var now = context.currentTime
      gain.cancelScheduledValues(now)
      gain.setValueAtTime(gain.value, now)
      gain.linearRampToValueAtTime(one === side ? gainOf[one] : 0, now + 0.012)
    })
    draw()
    show()
  }
  var follow = function () {
    show()
    if (playing) requestAnimationFrame(follow)
  }

  var canvas = byId('wave')
  var wave = byId('wave-area')
  var draw = function () {
    var ratio = window.devicePixelRatio || 1
    var width = (canvas.width = Math.max(1, Math.round(canvas.clientWidth * ratio)))
    var height = (canvas.height = Math.max(1, Math.round(canvas.clientHeight * ratio)))
    var pen = canvas.getContext('2d')
    var style = getComputedStyle(document.documentElement)
    var lanes = ['preview', 'original'].filter(function (one) { return peaks[one] })
    lanes.forEach(function (one, lane) {
      var data = peaks[one]
      var tall = height / lanes.length
      var middle = tall * (lane + 0.5)
      pen.fillStyle = style.getPropertyValue(one === 'preview' ? '--accent' : '--quiet')
      pen.globalAlpha = one === side ? 0.95 : 0.4
      for (var x = 0; x < width; x++) {
        var i = Math.floor((x / width) * (data.length / 2))
        var low = data[2 * i]
        var high = data[2 * i + 1]
        if (high - low > 0.004) pen.fillRect(x, middle - high * tall * 0.44, 1, Math.max(ratio, (high - low) * tall * 0.44))
      }
    })
  }
  var peaksOf = function (buffer) {
    var count = 1200
    var out = new Float32Array(2 * count)
    var per = ((durationMs / 1000) * buffer.sampleRate) / count
    for (var channel = 0; channel < buffer.numberOfChannels; channel++) {
      var samples = buffer.getChannelData(channel)
      for (var i = 0; i < count; i++) {
        var end = Math.min(samples.length, Math.floor((i + 1) * per))
        for (var at = Math.floor(i * per); at < end; at++) {
          if (samples[at] < out[2 * i]) out[2 * i] = samples[at]
          else if (samples[at] > out[2 * i + 1]) out[2 * i + 1] = samples[at]
        }
      }
    }
    return out
  }
  var percent = function (ms) { return (100 * Math.min(ms, durationMs)) / Math.max(1, durationMs) + '%' }
  var show = function () {
    var now = positionMs()
    byId('head').style.left = percent(now)
    byId('clock').textContent = clock(now) + ' / ' + clock(durationMs)
    byId('play').textContent = playing ? 'Pause' : 'Play'
    byId('side').setAttribute('aria-pressed', String(side === 'original'))
    byId('is-preview').className = side === 'preview' ? 'on' : ''
    byId('is-original').className = side === 'original' ? 'on' : ''
    wave.setAttribute('aria-valuenow', String(Math.round(now)))
    wave.setAttribute('aria-valuetext', clock(now))
  }
  var choose = function (stretch) {
    chosen = stretch
    byId('stretch').style.left = percent(stretch.fromMs)
    byId('stretch').style.width = stretch.toMs === null ? '1px' : percent(stretch.toMs - stretch.fromMs)
    byId('note-place').textContent = place(stretch)
  }
  var pressed = null
  var msAt = function (event) {
    var box = wave.getBoundingClientRect()
    return Math.round(Math.max(0, Math.min(1, (event.clientX - box.left) / box.width)) * durationMs)
  }
  wave.addEventListener('pointerdown', function (event) {
    if (event.button !== 0 || event.target.closest('button')) return
    wave.setPointerCapture(event.pointerId)
    pressed = { x: event.clientX, ms: msAt(event), isDrag: false }
  })
  wave.addEventListener('pointermove', function (event) {
    if (!pressed) return
    if (Math.abs(event.clientX - pressed.x) >= 4) pressed.isDrag = true
    var now = msAt(event)
    if (pressed.isDrag) choose({ fromMs: Math.min(now, pressed.ms), toMs: Math.max(now, pressed.ms) })
  })
  wave.addEventListener('pointerup', function (event) {
    if (!pressed) return
    var start = pressed
    pressed = null
    if (!start.isDrag) choose({ fromMs: start.ms, toMs: null })
    seek(Math.min(start.ms, msAt(event)))
  })
  wave.addEventListener('keydown', function (event) {
    var step = { ArrowLeft: -1000, ArrowRight: 1000, PageDown: -5000, PageUp: 5000 }[event.key]
    var to = event.key === 'Home' ? 0 : event.key === 'End' ? durationMs : step === undefined ? null : positionMs() + step
    if (to === null) return
    event.preventDefault()
    to = Math.round(Math.max(0, Math.min(durationMs, to)))
    choose(event.shiftKey && to > chosen.fromMs ? { fromMs: chosen.fromMs, toMs: to } : { fromMs: to, toMs: null })
    seek(to)
  })
  byId('play').addEventListener('click', toggle)
  byId('side').addEventListener('click', change)
  window.addEventListener('keydown', function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) return
    if (event.key.toLowerCase() === 'x') change()
    else if (event.key === ' ' && event.target.tagName !== 'BUTTON') toggle()
    else return
    event.preventDefault()
  })
  window.addEventListener('resize', draw)

  // Notes and conditions.
  var list = function (id, items, textOf, after) {
    var parent = byId(id)
    parent.textContent = ''
    items.forEach(function (item, i) {
      var row = make('li')
      textOf(item, row)
      var remove = make('button', 'small', 'Remove')
      remove.type = 'button'
      remove.addEventListener('click', function () { items.splice(i, 1); after() })
      row.append(remove)
      parent.append(row)
    })
  }
  var showNotes = function () {
    list('notes', notes, function (note, row) {
      var go = make('button', 'time', place(note))
      go.type = 'button'
      go.addEventListener('click', function () { choose(note); seek(note.fromMs) })
      row.append(go, make('span', 'grow', note.text))
    }, showNotes)
    byId('marks').textContent = ''
    notes.forEach(function (note, i) {
      var mark = make('button', note.toMs === null ? 'mark' : 'mark range', String(i + 1))
      mark.type = 'button'
      mark.style.left = percent(note.fromMs)
      if (note.toMs !== null) mark.style.width = percent(note.toMs - note.fromMs)
      mark.setAttribute('aria-label', 'Note ' + (i + 1) + ', ' + place(note) + ': ' + note.text)
      mark.addEventListener('click', function () { choose(note); seek(note.fromMs) })
      byId('marks').append(mark)
    })
  }
  var showConditions = function () {
    list('conditions', conditions, function (text, row) { row.append(make('span', 'grow', text)) }, showConditions)
  }
  byId('note-form').addEventListener('submit', function (event) {
    event.preventDefault()
    var text = wellFormed(byId('note').value.trim())
    if (text === '' || notes.length >= 500) return
    notes.push({ fromMs: chosen.fromMs, toMs: chosen.toMs, text: text })
    byId('note').value = ''
    showNotes()
  })
  byId('condition-form').addEventListener('submit', function (event) {
    event.preventDefault()
    var text = wellFormed(byId('condition').value.trim())
    if (text === '' || conditions.length >= 50) return
    conditions.push(text)
    byId('condition').value = ''
    showConditions()
  })

  // The answer.
  var verdict = function () {
    var checked = document.querySelector('input[name=verdict]:checked')
    return checked ? checked.value : null
  }
  Array.prototype.forEach.call(document.querySelectorAll('input[name=verdict]'), function (radio) {
    radio.addEventListener('change', function () {
      byId('conditions-part').hidden = verdict() !== 'approve_with_conditions'
      byId('expires-part').hidden = !/^approve/.test(verdict())
      say('')
    })
  })
  var read = function () {
    var chosenVerdict = verdict()
    if (!chosenVerdict) return say('Choose an answer first.')
    if (chosenVerdict === 'approve_with_conditions' && conditions.length === 0) return say('Name at least one condition.')
    if (chosenVerdict === 'changes' && notes.length === 0) return say('Leave a note that says what should change.')
    var day = /^approve/.test(chosenVerdict) ? byId('expires').value : ''
    if (day !== '' && day < new Date().toISOString().slice(0, 10)) return say('The end lies in the past.')
    return {
      verdict: chosenVerdict,
      conditions: chosenVerdict === 'approve_with_conditions' ? conditions.slice() : [],
      notes: notes.slice(),
      expires: day === '' ? null : day + 'T23:59:59.000Z',
    }
  }
  var hex = function (buffer) {
    return Array.prototype.map.call(new Uint8Array(buffer), function (byte) { return (byte + 256).toString(16).slice(1) }).join('')
  }
  var hash = function (text) {
    return crypto.subtle.digest('SHA-256', utf8.encode(text)).then(function (sum) { return 'sha256:' + hex(sum) })
  }
  var canonical = function (value) {
    if (Array.isArray(value)) return '[' + value.map(canonical).join(',') + ']'
    if (value === null || typeof value !== 'object') return JSON.stringify(value)
    return '{' + Object.keys(value).sort().map(function (key) { return JSON.stringify(key) + ':' + canonical(value[key]) }).join(',') + '}'
  }
  var uuidV7 = function () {
    var bytes = crypto.getRandomValues(new Uint8Array(16))
    var now = Date.now()
    for (var i = 5; i >= 0; i--) { bytes[i] = now % 256; now = Math.floor(now / 256) }
    bytes[6] = (bytes[6] & 15) | 112
    bytes[8] = (bytes[8] & 63) | 128
    return hex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
  }
  var save = function (name, value) {
    var link = make('a')
    link.href = URL.createObjectURL(new Blob([JSON.stringify(value)], { type: 'application/json' }))
    link.download = name
    document.body.append(link)
    link.click()
    link.remove()
    setTimeout(function () { URL.revokeObjectURL(link.href) }, 60000)
  }
  var fileName = (request.remix.title.replace(/[^\p{L}\p{N} ._-]/gu, ' ').trim() || 'Remix').slice(0, 80)
  byId('unsigned').addEventListener('click', function () {
    var answer = read()
    if (!answer) return
    hash(review.request).then(function (requestHash) {
      save(fileName + '.stemma-answer', Object.assign({ format: 'stemma-answer-draft', v: 1, request: request.id, requestHash: requestHash }, answer))
      say('Saved without a signature. Open it in the Stemma that has your key, check it and sign.')
    }, function () { say('This browser cannot make the file. Use another, or answer in Stemma.') })
  })
  byId('sign').addEventListener('click', function () { if (read()) byId('key').click() })
  byId('key').addEventListener('change', function () {
    var file = byId('key').files[0]
    var answer = read()
    byId('key').value = ''
    if (!file || !answer) return
    if (file.size > 10000) return say('This is not a signing key of Stemma.')
    var kid = ''
    file.text().then(function (text) {
      var jwk = JSON.parse(text)
      if (jwk.kty !== 'OKP' || jwk.crv !== 'Ed25519' || typeof jwk.d !== 'string') throw new Error('key')
      return crypto.subtle.digest('SHA-256', utf8.encode(canonical({ crv: jwk.crv, kty: jwk.kty, x: jwk.x }))).then(function (sum) {
        kid = toBase64Url(new Uint8Array(sum))
        if (!review.approvers.some(function (one) { return one.kid === kid })) throw new Error('approver')
        return crypto.subtle.importKey('jwk', { kty: 'OKP', crv: 'Ed25519', x: jwk.x, d: jwk.d }, { name: 'Ed25519' }, false, ['sign'])
      })
    }).then(function (key) {
      return hash(review.request).then(function (requestHash) {
        var payload = Object.assign({
          v: 1, id: uuidV7(), requestId: request.id, requestHash: requestHash, planSha256: request.planSha256, pcmSha256: request.pcmSha256,
          artist: kid, issuedAt: new Date().toISOString(),
        }, answer)
        var header = { alg: 'EdDSA', kid: kid, typ: 'stemma-approval+jws' }
        var signed = toBase64Url(utf8.encode(canonical(header))) + '.' + toBase64Url(utf8.encode(canonical(payload)))
        return crypto.subtle.sign({ name: 'Ed25519' }, key, utf8.encode(signed)).then(function (signature) {
          var jws = signed + '.' + toBase64Url(new Uint8Array(signature))
          save(fileName + '.stemma-answer', { format: 'stemma-answer', v: 1, statements: [{ kind: 'answer', jws: jws }] })
          say('Signed. Send the saved file to the producer; the key was not kept.')
        })
      })
    }).catch(function (error) {
      say(error && error.message === 'approver' ? 'This key is not the one the licence names, so its answer would not count.'
        : error && error.name === 'NotSupportedError' ? 'This browser cannot sign. Save the answer without a signature, and sign it in Stemma.'
        : 'This is not a signing key of Stemma.')
    })
  })

  // Everything that needs the script appears with it.
  byId('needs-script').hidden = false
  choose(chosen)
  show()
  if (!request.original) byId('side').disabled = true
  var canSign = window.crypto && crypto.subtle
    ? crypto.subtle.generateKey({ name: 'Ed25519' }, false, ['sign', 'verify']).then(function () { return true }, function () { return false })
    : Promise.resolve(false)
  canSign.then(function (can) { byId('sign-part').hidden = !can; byId('no-sign').hidden = can })
  var plain = function () {
    byId('listen').textContent = 'This browser cannot play both in step. Here they are one by one:'
    ;['preview', 'original'].forEach(function (one) {
      if (!review[one]) return
      var audio = make('audio')
      audio.controls = true
      audio.src = URL.createObjectURL(new Blob([toBytes(review[one].base64)], { type: review[one].mimeType }))
      byId('plain').append(make('p', '', one === 'preview' ? 'The remix' : 'The original'), audio)
    })
  }
  var Context = window.AudioContext || window.webkitAudioContext
  if (!Context) return plain()
  context = new Context()
  // Decoding must not wait for a sound card to open: some machines have none.
  var Offline = window.OfflineAudioContext || window.webkitOfflineAudioContext
  decoder = Offline ? new Offline(2, 1, 48000) : context
  Promise.all(['preview', 'original'].map(function (one) {
    if (!review[one]) return null
    return decoder.decodeAudioData(toBytes(review[one].base64).buffer).then(function (buffer) { buffers[one] = buffer })
  })).then(function () {
    durationMs = buffers.preview.duration * 1000
    wave.setAttribute('aria-valuemax', String(Math.round(durationMs)))
    ;['preview', 'original'].forEach(function (one) { if (buffers[one]) peaks[one] = peaksOf(buffers[one]) })
    var longer = request.original ? request.preview.durationMs - request.original.durationMs : 0
    var lengthNote = Math.abs(longer) <= 3000 ? 'Both play equally loud and in step.'
      : 'Both play equally loud. The remix is ' + Math.round(Math.abs(longer) / 1000) + ' s ' + (longer > 0 ? 'longer' : 'shorter')
        + ' than the original: a switch keeps the second, and may land in another bar.'
    byId('listen').textContent = request.original ? lengthNote : 'The original could not be made, so there is nothing to compare with.'
    byId('play').disabled = false
    draw()
    show()
  }, plain)
})()
`

/** Looks of a review page, light and dark. */
export const REVIEW_PAGE_STYLE = `:root{color-scheme:light dark;--page:#f7f8fa;--card:#fff;--line:#d2d8e1;--text:#14171c;--quiet:#596373;--accent:#2f62d9;--on:#fff;--mark:#8f5a00;--on-mark:#fff}
@media(prefers-color-scheme:dark){:root{--page:#101216;--card:#1b1f26;--line:#3d4656;--text:#e9ecf1;--quiet:#aab3c1;--accent:#7aa2ff;--on:#0a1228;--mark:#f2b24a;--on-mark:#1a1206}}
*{box-sizing:border-box}[hidden]{display:none!important}
body{max-width:60rem;margin:0 auto;padding:1.5rem 1rem 4rem;background:var(--page);color:var(--text);font:15px/1.5 system-ui,sans-serif;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
h1{margin:0;font-size:1.5rem;line-height:1.25}h2{margin:2rem 0 .5rem;font-size:1.05rem}p{margin:.4rem 0}
.quiet,small{color:var(--quiet)}blockquote{margin:1rem 0;padding:.5rem .9rem;border-left:3px solid var(--line);background:var(--card);white-space:pre-wrap}
ul{margin:0;padding:0;list-style:none}.card,.stem,.said{padding:.6rem .9rem;border:1px solid var(--line);border-radius:8px;background:var(--card);margin:.4rem 0}
.stem li{display:flex;gap:1rem;justify-content:space-between}.said p{white-space:pre-wrap}
button,input,textarea{font:inherit;color:inherit}button{min-height:34px;padding:.3rem .9rem;border:1px solid var(--line);border-radius:7px;background:var(--card)}
button:disabled{opacity:.5}button.primary{border-color:var(--accent);background:var(--accent);color:var(--on);font-weight:600}button.small{min-height:26px;padding:0 .6rem;font-size:.85rem}
button.time{min-height:26px;padding:0 .3rem;border:0;background:none;color:var(--accent);white-space:nowrap}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
input[type=text],input[type=date]{min-height:34px;padding:.3rem .6rem;border:1px solid var(--line);border-radius:7px;background:var(--page)}
.row{display:flex;flex-wrap:wrap;gap:.6rem;align-items:center}.row .grow,li .grow{flex:1;min-width:8rem}
#notes li,#conditions li{display:flex;gap:.6rem;align-items:baseline;padding:.25rem 0;border-bottom:1px solid var(--line)}#notes+.row,#conditions+.row{margin-top:.6rem}
#wave-area{position:relative;height:150px;margin:.6rem 0;border:1px solid var(--line);border-radius:8px;background:var(--card);overflow:hidden;cursor:text;touch-action:none}
#wave{display:block;width:100%;height:100%}#head{position:absolute;inset:0 auto;width:1px;background:var(--text);pointer-events:none}
#stretch{position:absolute;inset:0 auto;width:1px;background:color-mix(in srgb,var(--accent) 25%,transparent);border-left:1px solid var(--accent);pointer-events:none}
.mark{position:absolute;top:0;min-height:24px;min-width:24px;padding:0 6px;border:0;border-left:1px solid var(--mark);border-radius:0 8px 8px 0;background:var(--mark);color:var(--on-mark);font-size:12px;font-weight:700;text-align:left}
.mark.range{background:color-mix(in srgb,var(--mark) 80%,transparent);border-radius:0}
#side{display:inline-flex;gap:.4rem;padding:.2rem .4rem;border-radius:20px}#side span{padding:.2rem .8rem;border-radius:16px}#side .on{background:var(--accent);color:var(--on);font-weight:650}
kbd{padding:0 .4rem;border:1px solid var(--line);border-radius:4px;font:600 12px system-ui}
fieldset{margin:0;padding:0;border:0}label.verdict{display:flex;gap:.6rem;align-items:baseline;padding:.45rem .7rem;margin:.25rem 0;border:1px solid var(--line);border-radius:8px;background:var(--card)}
label.verdict:has(:checked){border-color:var(--accent)}#say{min-height:1.5em;font-weight:600}details{margin:.8rem 0}audio{width:100%}
@media print{#needs-script{display:none}}
`
