// What keeps a host from harm and from doing any: plugins print, crash, change the locale and hang, and the engine may be killed at any time.
import { libc } from '../transport/index.ts'

/** Whoever starts a host gives it no streams there, and its C library is not one that plugins share. */
const IS_WINDOWS = process.platform === 'win32'
const LC_ALL = process.platform === 'darwin' ? 0 : 6
const O_RDWR = 2
const RLIMIT_CORE = 4
const F_SETFL = 4
const F_SETOWN = 8
const F_SETSIG = 10
const SIGKILL = 9
const O_ASYNC_NONBLOCK = 0x2800

/** Standard streams lead nowhere from here on: whoever reads them did not ask for what plugins print. */
export const silence = (): void => {
  if (IS_WINDOWS) return
  const fd = libc().open('/dev/null', O_RDWR, 0)
  for (const stream of [0, 1, 2]) libc().dup2(fd, stream)
  if (fd > 2) libc().close(fd)
}

/** A crash is expected here; writing an image of it to disk would only keep the engine from noticing. One byte, since zero means no limit to a pipe. */
export const leaveNoCore = (): void => {
  if (process.platform === 'linux') libc().setrlimit(RLIMIT_CORE, new Uint8Array(new BigUint64Array([1n, 1n]).buffer))
}

/** From here on the kernel kills this process as soon as nobody holds the other end of the leash, even inside a plugin that never returns. Linux. */
export const holdLeash = (leash: number): void => {
  if (process.platform !== 'linux') return
  libc().fcntl(leash, F_SETOWN, process.pid)
  libc().fcntl(leash, F_SETSIG, SIGKILL)
  libc().fcntl(leash, F_SETFL, O_ASYNC_NONBLOCK)
}

let locale: string | null = null

export const rememberLocale = (): void => {
  if (!IS_WINDOWS) locale = libc().setlocale(LC_ALL, null)
}

/** Undoes what a plugin did to the locale: others read and write numbers with it. */
export const restoreLocale = (): void => {
  if (locale !== null) libc().setlocale(LC_ALL, locale)
}

/** Ends this process without the exit handlers that plugins left in it: some of those hang. */
export const leave = (): never => {
  process.kill(process.pid, 'SIGKILL')
  throw new Error('killed')
}
