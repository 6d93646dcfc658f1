// A part of the window that breaks takes nothing else with it.
import { Component, type ReactNode } from 'react'
import { Button, ProblemState } from '../parts/index.ts'

/** Catches what a part throws while it renders, and offers to draw it again. */
export class ErrorBoundary extends Component<{ readonly name: string; readonly children: ReactNode }, { readonly error: Error | null }> {
  override state = { error: null as Error | null }

  static getDerivedStateFromError(error: unknown): { error: Error } {
    return { error: error instanceof Error ? error : new Error(String(error)) }
  }

  override render(): ReactNode {
    const { error } = this.state
    if (!error) return this.props.children
    return (
      <ProblemState
        problem={{
          code: 'window.broken',
          message: `${this.props.name} could not be drawn (${error.message}). Your work is safe: it is kept outside this window.`,
        }}
        action={<Button onClick={() => this.setState({ error: null })}>Draw it again</Button>}
      />
    )
  }
}
