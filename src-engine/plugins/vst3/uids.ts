// The 16-byte names of VST3 interfaces and classes. The same name is spelt in another byte order on Windows, where they follow COM; in hex,
// which is how documents name a plugin, they read alike everywhere.

export const UID_BYTES = 16

/** Where byte `i` of the written name stands in memory on Windows: the first 32-bit and the two 16-bit groups are little-endian there. */
const COM_ORDER = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15] as const

/** Memory of a UID from its 32 hex digits. */
export const uidBytes = (hex: string, isCom: boolean): Uint8Array<ArrayBuffer> => {
  if (!/^[0-9A-Fa-f]{32}$/.test(hex)) throw new Error(`"${hex.slice(0, 64)}" names no VST3 class: 32 hexadecimal digits do`)
  const bytes = new Uint8Array(UID_BYTES)
  for (let i = 0; i < UID_BYTES; i++) bytes[isCom ? COM_ORDER[i]! : i] = Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16)
  return bytes
}

/** 32 upper-case hex digits of a UID in memory. */
export const uidHex = (bytes: Uint8Array, isCom: boolean): string => {
  let hex = ''
  for (let i = 0; i < UID_BYTES; i++) hex += bytes[isCom ? COM_ORDER[i]! : i]!.toString(16).padStart(2, '0')
  return hex.toUpperCase()
}

/** Interfaces a host meets. */
export const IID = {
  unknown: '0000000000000000C000000000000046',
  factory2: '0007B650F24B4C0BA464EDB9F00B2ABB',
  factory3: '4555A2ABC1234E579B12291036878931',
  component: 'E831FF31F2D54301928EBBEE25697802',
  processor: '42043F99B7DA453CA569E79D9AAEC33D',
  controller: 'DCD7BBE37742448DA874AACC979C759E',
  unitInfo: '3D4BD6B5913A4FD2A886E768A5EB92C1',
  midiMapping: 'DF0FF9F749B74669B63AB7327ADBF5E5',
  connectionPoint: '70A4156F6E6E4026989148BFAA60D8D1',
  hostApplication: '58E595CCDB2D49698B6AAF8C36A664E5',
  message: '936F033BC6C047DBBB0882F813C1E613',
  attributeList: '1E5F0AEBCC7F4533A254401138AD5EE4',
  componentHandler: '93A0BEA30BD045DB8E890B0CC1E46AC6',
  componentHandler2: 'F040B4B3A36045ECABCDC045B4D5A2CC',
  parameterChanges: 'A47796630BB64A56B44384A8466FEB9D',
  parameterQueue: '01263A18ED074F6F98C9D3564686F9BA',
  eventList: '3A2C4214346349FEB2C4F397B9695A44',
  stream: 'C3BF6EA2309947529B6BF9901EE33E9B',
  runLoop: '18C3536697764F1A9C5B83857A871389',
} as const
export type InterfaceName = keyof typeof IID
