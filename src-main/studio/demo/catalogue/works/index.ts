import type { DemoWork } from '../work.ts'
import { GLASS_ORCHARD } from './glass-orchard/index.ts'
import { HARBOUR_LIGHTS } from './harbour-lights/index.ts'
import { PAPER_KITES } from './paper-kites/index.ts'

/** The works of the demo catalogue, in the order they are shown: open, restricted, expired. */
export const DEMO_WORKS: readonly DemoWork[] = [GLASS_ORCHARD, HARBOUR_LIGHTS, PAPER_KITES]
