// Things to undo at the end of a lifetime.

export interface Disposable {
  dispose(): void
}

/** Collects disposers and runs them in reverse order, once. */
export class DisposableStore implements Disposable {
  #disposers: (() => void)[] = []
  #isDisposed = false

  add(disposer: Disposable | (() => void)): void {
    const run = typeof disposer === 'function' ? disposer : () => disposer.dispose()
    if (this.#isDisposed) run()
    else this.#disposers.push(run)
  }

  dispose(): void {
    this.#isDisposed = true
    const disposers = this.#disposers.reverse()
    this.#disposers = []
    for (const run of disposers) run()
  }
}
