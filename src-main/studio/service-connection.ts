// The rights service this home belongs to: which it is, and clients that talk to it, as a guest or as the enrolled device.
import { fail, ok, type Result } from '../../src-shared/std/index.ts'
import { type Enrolment, ensureEnrolled, type Identity } from './identity/index.ts'
import type { Library } from './library/index.ts'
import { createServiceClient, type ServiceClient } from './service-client/index.ts'

const SERVICE_SETTING = 'service.url'

export interface Connected {
  readonly client: ServiceClient
  readonly enrolment: Enrolment
}

export class ServiceConnection {
  readonly #library: Library
  readonly #identity: Identity
  readonly #nowMs: () => number
  #url: string | null
  #connected: (Connected & { readonly url: string }) | undefined

  /** `url` null takes the service this home last used. */
  constructor(url: string | null, { library, identity, nowMs }: { library: Library; identity: Identity; nowMs: () => number }) {
    this.#library = library
    this.#identity = identity
    this.#nowMs = nowMs
    // Where the library was rebuilt the setting is gone; the enrolment still says which service this device belongs to.
    this.#url = url ?? library.setting(SERVICE_SETTING) ?? identity.enrolments().at(-1)?.url ?? null
    if (url !== null) library.setSetting(SERVICE_SETTING, url)
  }

  get url(): string | null {
    return this.#url
  }

  /** Goes to another service and remembers it. */
  use(url: string): void {
    this.#url = url
    this.#connected = undefined
    this.#library.setSetting(SERVICE_SETTING, url)
  }

  /** A client that needs no enrolment. Codes: `service.none`, `service.bad_url`. */
  guest(): Result<ServiceClient> {
    if (this.#url === null) {
      return fail('service.none', 'No rights service is known yet. Name one with --service URL once; it is remembered.')
    }
    return createServiceClient({ url: this.#url, token: () => this.#connected?.enrolment.token })
  }

  /** Enrols this device with the service, or renews what is about to end. `isFresh` fetches the service's keys anew, `isForced` enrols where it forgot this device. Codes: `service.*`, `enrol.*`, `trust.*`. */
  async connect({
    isFresh = false,
    isForced = false,
  }: {
    readonly isFresh?: boolean
    readonly isForced?: boolean
  } = {}): Promise<Result<Connected>> {
    const guest = this.guest()
    if (!guest.ok) return guest
    if (!isFresh && !isForced && this.#connected?.url === guest.value.url) return ok(this.#connected)
    const enrolment = await ensureEnrolled(guest.value, this.#identity, { nowMs: this.#nowMs(), isForced })
    if (!enrolment.ok) return enrolment
    const client = createServiceClient({ url: guest.value.url, token: () => enrolment.value.token })
    if (!client.ok) return client
    this.#connected = { url: guest.value.url, client: client.value, enrolment: enrolment.value }
    return ok(this.#connected)
  }
}
