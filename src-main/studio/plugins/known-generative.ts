// Plugins that are known to make their sound with a trained model. They count as AI wherever they are used, unless the user says otherwise. The list is
// short and certain rather than long: it names plugins whose only work is to run a model. docs/plugins.md says how a user adds to it.
import type { PluginRef } from '../../../src-shared/plugins/index.ts'

const IDS: ReadonlySet<string> = new Set([
  // AIDA-X and its predecessors: networks trained on amplifiers.
  'lv2:http://aidadsp.cc/plugins/aidadsp-bundle/rt-neural-loader',
  'lv2:http://aidadsp.cc/plugins/aidadsp-bundle/rt-neural-generic',
  'clap:cc.aidadsp.rt-neural-loader',
  // Neural Amp Modeler.
  'lv2:http://github.com/mikeoliphant/neural-amp-modeler-lv2',
])

/** VST 3 class ids differ from build to build of these; their names do not. */
const NAMES: readonly RegExp[] = [
  /^RAVE(?: VST)?$/i,
  /^Neutone(?: FX| Morpho| Gen)?$/i,
  /^AIDA-X$/i,
  /^NeuralAmpModeler$/i,
  /^Neural Amp Modeler$/i,
  /^DDSP (?:Synth|Effect)$/i,
]

/** Whether a plugin is known to run a trained model. */
export const isKnownGenerative = ({ format, id, name }: PluginRef & { readonly name: string }): boolean =>
  IDS.has(`${format}:${id}`) || NAMES.some((one) => one.test(name))
