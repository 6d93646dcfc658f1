// A wire between client and service that a test can hold, cut or let go, below HTTP: what a bad network does.
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export interface TcpGate {
  readonly url: string
  /** Bytes that went from the service to clients. */
  readonly downBytes: number
  /** Lets only so many more bytes down, then holds the line; null lets everything through. */
  limit(bytes: number | null): void
  /** Resolves once the limit is reached. */
  readonly held: Promise<void>
  /** Closes every connection; `isRefusing` also takes no new ones. */
  cut(options?: { readonly isRefusing?: boolean }): void
  open(): void
  close(): Promise<void>
}

export const startTcpGate = async (target: string): Promise<TcpGate> => {
  const { hostname, port } = new URL(target)
  const sockets = new Set<Socket>()
  const waiting = new Set<Socket>()
  let downBytes = 0
  let left: number | null = null
  let isRefusing = false
  let tellHeld: () => void = () => {}
  let held = new Promise<void>((resolve) => {
    tellHeld = resolve
  })
  const server = createServer((client) => {
    if (isRefusing) return void client.destroy()
    const service = connect(Number(port), hostname)
    const end = (): void => {
      client.destroy()
      service.destroy()
      for (const socket of [client, service]) {
        sockets.delete(socket)
        waiting.delete(socket)
      }
    }
    for (const socket of [client, service]) {
      sockets.add(socket)
      socket.on('error', end).on('close', end)
    }
    client.pipe(service)
    service.on('data', (chunk: Buffer) => {
      const taken = left === null ? chunk : chunk.subarray(0, left)
      downBytes += taken.length
      client.write(taken)
      if (left === null) return
      left -= taken.length
      if (left > 0) return
      // What is left of this chunk is lost: the line is only let go again after a cut.
      service.pause()
      waiting.add(service)
      tellHeld()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get downBytes() {
      return downBytes
    },
    limit: (bytes) => {
      left = bytes
      held = new Promise<void>((resolve) => {
        tellHeld = resolve
      })
    },
    get held() {
      return held
    },
    cut: (options = {}) => {
      isRefusing = options.isRefusing ?? false
      for (const socket of sockets) socket.destroy()
    },
    open: () => {
      isRefusing = false
      left = null
    },
    close: () => {
      for (const socket of sockets) socket.destroy()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}
