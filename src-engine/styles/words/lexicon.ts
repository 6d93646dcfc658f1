// The words the grammar knows, each with what it means. A list to read, not a model: what is not here is not understood, and that is said.

/** What a quality moves; the direction is in the word. */
export const AXES = [
  'tone',
  'warmth',
  'width',
  'space',
  'echo',
  'speed',
  'level',
  'weight',
  'punch',
  'drive',
  'dream',
  'age',
  'density',
  'swing',
  'energy',
] as const
export type Axis = (typeof AXES)[number]

export type Entry =
  | { readonly kind: 'quality'; readonly axis: Axis; readonly sign: 1 | -1 }
  /** A thing there can be more or less of. `isAdded`: a style puts it on, so that there is none where it is not allowed to. */
  | { readonly kind: 'substance'; readonly axis: Axis; readonly ops: readonly string[]; readonly isAdded?: true }
  | { readonly kind: 'amount'; readonly scale: number }
  | { readonly kind: 'less' }
  | { readonly kind: 'not' }
  | { readonly kind: 'without' }
  | { readonly kind: 'keep' }
  | { readonly kind: 'target'; readonly target: 'all' | 'rest' | Readonly<{ role: string }> | Readonly<{ part: string }> }
  | { readonly kind: 'section'; readonly section: string }
  | { readonly kind: 'structure'; readonly style: string; readonly params?: Readonly<Record<string, number | string | boolean>> }
  | { readonly kind: 'filler' }

const quality = (axis: Axis, sign: 1 | -1, ...words: readonly string[]): [string, Entry][] =>
  words.map((word) => [word, { kind: 'quality', axis, sign }])
const target = (to: Extract<Entry, { kind: 'target' }>['target'], ...words: readonly string[]): [string, Entry][] =>
  words.map((word) => [word, { kind: 'target', target: to }])
const structure = (
  style: string,
  params: Readonly<Record<string, number | string | boolean>>,
  ...words: readonly string[]
): [string, Entry][] => words.map((word) => [word, { kind: 'structure', style, params }])
const entries = (entry: Entry, ...words: readonly string[]): [string, Entry][] => words.map((word) => [word, entry])

const REVERB = ['reverb', 'delay']

/** Phrases of up to four words, lower-case, single spaces. */
export const LEXICON: ReadonlyMap<string, Entry> = new Map<string, Entry>([
  ...quality('tone', -1, 'dark', 'darker', 'dull', 'duller', 'muffled', 'mellow', 'mellower', 'dim', 'moody', 'moodier'),
  ...quality(
    'tone',
    1,
    'bright',
    'brighter',
    'crisp',
    'crisper',
    'clear',
    'clearer',
    'airy',
    'airier',
    'shiny',
    'sparkling',
    'open',
    'opener',
  ),
  ...quality('warmth', 1, 'warm', 'warmer', 'round', 'rounder', 'fuller', 'rich', 'richer'),
  ...quality('warmth', -1, 'cold', 'colder', 'thin', 'thinner', 'cool', 'cooler'),
  ...quality('width', 1, 'wide', 'wider', 'broad', 'broader', 'bigger', 'big', 'huge'),
  ...quality('width', -1, 'narrow', 'narrower', 'mono', 'centred', 'centered', 'smaller'),
  ...quality('space', 1, 'far', 'further', 'farther', 'distant', 'wet', 'wetter', 'spacious', 'roomy', 'roomier', 'deep', 'deeper'),
  ...quality('space', -1, 'close', 'closer', 'near', 'nearer', 'dry', 'drier', 'dryer', 'intimate', 'upfront'),
  ...quality('speed', -1, 'slow', 'slower', 'slowed', 'lazy', 'lazier'),
  ...quality('speed', 1, 'fast', 'faster', 'quick', 'quicker', 'rushed'),
  ...quality('level', 1, 'loud', 'louder', 'stronger', 'forward', 'up'),
  ...quality('level', -1, 'quiet', 'quieter', 'softly', 'lower', 'down', 'back'),
  ...quality('weight', 1, 'heavy', 'heavier', 'fat', 'fatter', 'thick', 'thicker', 'bassier', 'massive'),
  ...quality('weight', -1, 'light', 'lighter', 'delicate'),
  ...quality('punch', 1, 'punchy', 'punchier', 'tight', 'tighter', 'snappy', 'snappier'),
  ...quality('punch', -1, 'soft', 'softer', 'smooth', 'smoother', 'gentle', 'gentler', 'round off'),
  ...quality(
    'drive',
    1,
    'dirty',
    'dirtier',
    'rough',
    'rougher',
    'gritty',
    'grittier',
    'distorted',
    'crunchy',
    'raw',
    'rawer',
    'aggressive',
  ),
  ...quality('drive', -1, 'clean', 'cleaner'),
  ...quality('dream', 1, 'dreamy', 'dreamier', 'floating', 'hazy', 'hazier', 'ethereal', 'atmospheric'),
  ...quality('age', 1, 'vintage', 'old', 'older', 'retro', 'dusty', 'dustier', 'nostalgic', 'worn'),
  ...quality('age', -1, 'modern', 'newer', 'polished'),
  ...quality('density', -1, 'minimal', 'sparse', 'sparser', 'emptier', 'stripped', 'simple', 'simpler', 'barer'),
  ...quality('density', 1, 'busy', 'busier', 'dense', 'denser', 'full'),
  ...quality('swing', 1, 'swung', 'swinging', 'swingy', 'groovy', 'groovier', 'funkier', 'funky'),
  ...quality('energy', 1, 'energetic', 'driving', 'exciting', 'danceable', 'upbeat', 'wild', 'wilder'),
  ...quality('energy', -1, 'calm', 'calmer', 'relaxed', 'chill', 'chilled', 'sleepy', 'peaceful'),

  ...entries({ kind: 'substance', axis: 'space', ops: REVERB, isAdded: true }, 'reverb', 'room', 'space', 'hall', 'ambience'),
  ...entries({ kind: 'substance', axis: 'echo', ops: ['delay'], isAdded: true }, 'echo', 'echoes', 'delay'),
  ...entries({ kind: 'substance', axis: 'drive', ops: ['saturation'], isAdded: true }, 'distortion', 'saturation', 'grit', 'dirt', 'drive'),
  ...entries({ kind: 'substance', axis: 'tone', ops: ['eq', 'filter'] }, 'treble', 'highs', 'top', 'air', 'brightness'),
  ...entries({ kind: 'substance', axis: 'weight', ops: ['eq'] }, 'low end', 'lows', 'sub', 'weight'),
  ...entries({ kind: 'substance', axis: 'swing', ops: [] }, 'swing', 'groove'),
  ...entries({ kind: 'substance', axis: 'warmth', ops: ['eq'] }, 'warmth'),
  ...entries({ kind: 'substance', axis: 'width', ops: ['pan'] }, 'width', 'stereo'),
  ...entries({ kind: 'substance', axis: 'punch', ops: ['compressor'] }, 'punch'),
  ...entries({ kind: 'substance', axis: 'punch', ops: ['compressor'], isAdded: true }, 'compression'),
  ...entries({ kind: 'substance', axis: 'energy', ops: [] }, 'energy', 'power'),

  ...entries({ kind: 'amount', scale: 1 }, 'more', 'some', 'rather', 'quite'),
  ...entries(
    { kind: 'amount', scale: 1.7 },
    'much',
    'much more',
    'a lot',
    'a lot more',
    'lots of',
    'very',
    'way',
    'really',
    'extremely',
    'far more',
    'super',
    'totally',
  ),
  ...entries(
    { kind: 'amount', scale: 0.45 },
    'a bit',
    'a bit more',
    'a little',
    'a little more',
    'slightly',
    'somewhat',
    'a touch',
    'a touch more',
    'a hint of',
    'subtly',
  ),
  ...entries({ kind: 'less' }, 'less', 'not so', 'not so much', 'not as', 'reduce', 'fewer'),
  ...entries({ kind: 'not' }, 'not', 'not too', 'never', "don't make it", 'do not make it'),
  ...entries({ kind: 'without' }, 'no', 'without', 'remove', 'drop the', 'lose', 'lose the', 'take out', 'mute', 'kill'),
  ...entries({ kind: 'keep' }, 'keep', 'leave', "don't touch", 'do not touch', 'preserve', 'hold'),

  ...target('all', 'everything', 'all', 'it', 'the song', 'song', 'the whole song', 'the mix', 'mix', 'track', 'the track'),
  ...target('rest', 'the rest', 'everything else', 'the others', 'others', 'instruments', 'the music'),
  ...target({ role: 'vocals' }, 'vocals', 'vocal', 'voice', 'voices', 'singer', 'singing', 'vox'),
  ...target({ part: 'lead' }, 'lead vocal', 'lead vocals', 'lead voice', 'main vocal', 'main voice', 'lead'),
  ...target({ part: 'backing' }, 'backing vocals', 'backing vocal', 'backing voices', 'backings', 'choir', 'harmonies', 'backing'),
  ...target({ role: 'drums' }, 'drums', 'drum', 'beat', 'beats', 'rhythm', 'percussion'),
  ...target({ part: 'kick' }, 'kick', 'kick drum', 'bass drum'),
  ...target({ part: 'snare' }, 'snare', 'snares', 'clap', 'claps'),
  ...target({ part: 'hats' }, 'hats', 'hat', 'hi-hats', 'hihats', 'hi hats', 'cymbals', 'shaker'),
  ...target({ role: 'bass' }, 'bass', 'bassline', 'bass line'),
  ...target({ role: 'keys' }, 'keys', 'piano', 'keyboard', 'keyboards', 'organ'),
  ...target({ role: 'synth' }, 'synth', 'synths', 'pad', 'pads', 'synthesiser', 'synthesizer'),
  ...target({ role: 'guitar' }, 'guitar', 'guitars'),
  ...target({ role: 'effects' }, 'effects', 'fx', 'noises', 'sweeps'),

  ...(['chorus', 'verse', 'bridge', 'intro', 'outro', 'break', 'pre-chorus', 'hook', 'refrain'] as const).map((word): [string, Entry] => [
    word,
    { kind: 'section', section: word },
  ]),
  ...(['choruses', 'verses', 'bridges'] as const).map((word): [string, Entry] => [
    word,
    { kind: 'section', section: word.replace(/(?:es|s)$/, word === 'choruses' ? '' : word === 'verses' ? 'e' : '') },
  ]),

  ...structure('half-time', {}, 'half-time', 'half time', 'halftime', 'half tempo'),
  ...structure('double-time', {}, 'double-time', 'double time', 'doubletime', 'twice as fast'),
  ...structure('breakdown', {}, 'breakdown', 'a breakdown'),
  ...structure('build', {}, 'build', 'build-up', 'buildup', 'build up', 'riser'),
  ...structure('drop', {}, 'a drop', 'beat drop', 'bass drop'),
  ...structure('call-and-answer', {}, 'call and answer', 'call and response', 'call-and-answer', 'call-and-response'),
  ...structure('extended-intro', { outro: 0 }, 'longer intro', 'long intro', 'extended intro', 'dj intro'),
  ...structure('extended-intro', {}, 'dj version', 'dj edit', 'extended', 'extended version'),
  ...structure('edit-60s', {}, 'shorter', 'short', 'short edit', 'one minute', 'a minute', '60 s edit', '60s edit', 'tiktok'),
  ...structure('loop-edit', {}, 'loop', 'looped', 'loop edit'),
  ...structure('minus-one', { part: 'vocals' }, 'instrumental', 'karaoke', 'instrumental version'),
  ...structure('minus-one', { part: 'drums' }, 'drumless', 'beatless'),
  ...structure('chopped', {}, 'chopped', 'chopped up', 'choppy', 'glitchy', 'stuttering'),
  ...structure('lo-fi', {}, 'lo-fi', 'lofi', 'lo fi'),
  ...structure('club', {}, 'club', 'clubby', 'dance', 'house'),
  ...structure('ambient', {}, 'ambient'),
  ...structure('acoustic-room', {}, 'acoustic', 'unplugged', 'acoustic room'),
  ...structure('radio', {}, 'radio', 'radio edit', 'broadcast'),
  ...structure('dub', {}, 'dub', 'dubby'),
  ...structure('hard', {}, 'hard', 'harder', 'hardcore'),
  ...structure('sped-up', {}, 'sped-up', 'sped up', 'nightcore'),

  ...entries(
    { kind: 'filler' },
    'the',
    'a',
    'an',
    'make',
    'please',
    'with',
    'in',
    'on',
    'of',
    'for',
    'at',
    'to',
    'and',
    'but',
    'is',
    'be',
    'should',
    'sound',
    'sounds',
    'i',
    'want',
    'as',
    'this',
    'that',
    'its',
    'my',
    'then',
    'also',
    'like',
    'let',
    'put',
    'feel',
    'feeling',
    'version',
    'edit',
    'add',
    'give',
    'me',
    'bring',
    'turn',
    'too',
    'so',
    'there',
    'only',
    'just',
    'would',
    'are',
    'where',
    'have',
    'has',
    'them',
    'they',
    'you',
    'can',
    'could',
  ),
])

/** Words in the longest phrase. */
export const LONGEST_PHRASE = 4

export const AXIS_WORDS: Readonly<Record<Axis, readonly [less: string, more: string]>> = {
  tone: ['darker', 'brighter'],
  warmth: ['cooler', 'warmer'],
  width: ['narrower', 'wider'],
  space: ['closer and drier', 'further away'],
  echo: ['less echo', 'more echo'],
  speed: ['slower', 'faster'],
  level: ['quieter', 'louder'],
  weight: ['lighter in the low end', 'heavier in the low end'],
  punch: ['softer', 'punchier'],
  drive: ['cleaner', 'rougher'],
  dream: ['less dreamy', 'dreamier'],
  age: ['newer', 'older'],
  density: ['fewer things at a time', 'more going on'],
  swing: ['straighter', 'more swing'],
  energy: ['calmer', 'more energy'],
}

/** Styles that can be kept to a section; the others change the whole song. */
export const SECTION_STYLES: ReadonlySet<string> = new Set([
  'half-time',
  'double-time',
  'build',
  'drop',
  'breakdown',
  'call-and-answer',
  'loop-edit',
])

/** What there is no opposite of: how a groove was played cannot be made straight. */
export const CANNOT_BE_LESS: ReadonlySet<Axis> = new Set(['swing'])
