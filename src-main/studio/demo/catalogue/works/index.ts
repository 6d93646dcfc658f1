import type { DemoWork } from '../work.ts'
import { HARBOUR_LIGHTS } from './harbour-lights.ts'

/** The works of the demo catalogue, in the order they are shown. */
export const DEMO_WORKS: readonly DemoWork[] = [HARBOUR_LIGHTS]
