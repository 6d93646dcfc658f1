// Loudness targets with where they are asked for.
export const LOUDNESS_TARGETS: readonly { readonly lufs: number | null; readonly label: string }[] = [
  { lufs: -14, label: '−14 LUFS: Spotify, YouTube, Tidal, Amazon' },
  { lufs: -15, label: '−15 LUFS: Deezer' },
  { lufs: -16, label: '−16 LUFS: Apple Music, podcasts' },
  { lufs: -23, label: '−23 LUFS: broadcast (EBU R 128)' },
  { lufs: -9, label: '−9 LUFS: club' },
  { lufs: null, label: 'As mixed' },
]
