import { describe, expect, it } from 'vitest'
import { IID, uidBytes, uidHex } from './uids.ts'
import { BUS_BUFFERS, NOTE_ON, PARAMETER_INFO, PROCESS_CONTEXT, PROCESS_DATA } from './layouts.ts'
import { foreignText } from '../foreign-text.ts'
import { fieldText } from './text.ts'
import { decodeStates, encodeStates } from './state.ts'

describe('names of classes', () => {
  it('read alike in hex on every system, in the byte order of each', () => {
    const hex = '0123456789ABCDEFFEDCBA9876543210'
    expect([...uidBytes(hex, false)].slice(0, 8)).toEqual([0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef])
    expect([...uidBytes(hex, true)]).toEqual([
      0x67, 0x45, 0x23, 0x01, 0xab, 0x89, 0xef, 0xcd, 0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54, 0x32, 0x10,
    ])
    for (const isCom of [false, true]) expect(uidHex(uidBytes(hex, isCom), isCom)).toBe(hex)
  })

  it('are 32 hex digits and nothing else', () => {
    for (const wrong of ['', 'xyz', '0'.repeat(31), '0'.repeat(33), 'g'.repeat(32)])
      expect(() => uidBytes(wrong, false)).toThrow(/hexadecimal/)
    expect(new Set(Object.values(IID)).size).toBe(Object.keys(IID).length)
  })
})

describe('structs', () => {
  it('stand where the binary interface has them', () => {
    expect([PROCESS_DATA.size, PROCESS_CONTEXT.size, BUS_BUFFERS.size, NOTE_ON.size, PARAMETER_INFO.size]).toEqual([80, 112, 24, 48, 792])
    expect(PROCESS_CONTEXT.at).toMatchObject({
      sampleRate: 8,
      projectFrames: 16,
      quarter: 40,
      barQuarter: 48,
      tempo: 72,
      numerator: 80,
      denominator: 84,
    })
    expect(PROCESS_DATA.at).toMatchObject({
      frames: 8,
      inputCount: 12,
      outputCount: 16,
      inputs: 24,
      outputs: 32,
      inputChanges: 40,
      context: 72,
    })
    expect(NOTE_ON.at).toMatchObject({
      frame: 4,
      quarter: 8,
      flags: 16,
      type: 18,
      channel: 24,
      pitch: 26,
      tuning: 28,
      velocity: 32,
      noteId: 40,
    })
  })
})

describe('texts of plugins', () => {
  it('end at their zero or their field, without control characters', () => {
    const bytes = new Uint8Array(16).fill(0x41)
    expect(fieldText(bytes, 0, 16, 'utf-8', 200)).toBe('A'.repeat(16))
    expect(fieldText(bytes, 0, 16, 'utf-8', 5)).toBe('AAAAA')
    expect(fieldText(new Uint8Array(Buffer.from('dB\u00b5\0xx', 'utf16le')), 0, 12, 'utf-16le', 200)).toBe('dBµ')
    expect(foreignText('\u001b[31mred\u0007\n ', 200)).toBe('[31mred')
  })
})

describe('the state of a plugin', () => {
  const values = new Map([
    [7, 0.25],
    [3, 1],
  ])

  it('comes back as it went in, and nothing else does', () => {
    const states = { component: Uint8Array.of(1, 2, 3), controller: null, values }
    const whole = encodeStates(states)
    expect(decodeStates(whole)).toEqual(states)
    expect(decodeStates(encodeStates({ ...states, component: new Uint8Array(0), controller: Uint8Array.of(9) })).controller).toEqual(
      Uint8Array.of(9),
    )
    for (let length = 0; length < whole.length; length++)
      expect(() => decodeStates(whole.subarray(0, length))).toThrow(/breaks off|no saved/)
    expect(() => decodeStates(Uint8Array.of(...whole, 0))).toThrow(/behind its end/)
    expect(() => decodeStates(new TextEncoder().encode('<preset/>'))).toThrow(/no saved state/)
    expect(() => decodeStates(Uint8Array.of(0x53, 0x56, 0x33, 0x53, 1, 0xff, 0xff, 0xff, 0x7f))).toThrow(/breaks off/)
  })
})
