// The way to main: every request answers with a Result, also when the other side is gone.
import type { AppReplies, AppRequest, AppRequestName, StemmaBridge } from '../../src-shared/protocol/index.ts'
import { fail, type Result } from '../../src-shared/std/index.ts'

declare global {
  interface Window {
    readonly stemma: StemmaBridge
  }
}

/** Sends a request to main. Never rejects. */
export const request = async <N extends AppRequestName>(name: N, payload: AppRequest<N>): Promise<Result<AppReplies[N]>> => {
  try {
    return await window.stemma.request(name, payload)
  } catch (error) {
    return fail(
      'app.no_answer',
      `The app did not answer (${name}). Try again; if it stays like this, restart Stemma: your work is saved as you go.`,
      { cause: String(error) },
    )
  }
}
