// Plugins that are known to fail because of how they were built, and why: so that a sweep over everything can tell an old sorrow from a new one.
import type { PluginRef } from '../../../src-shared/plugins/index.ts'

const NO_POWF = 'Debian builds it against a function (__powf_finite) that the C library no longer has'
const NOT_IN_FILE = 'its bundle announces it, but Debian’s build of the library does not contain it'

const KNOWN: ReadonlyMap<string, string> = new Map([
  ['lv2:urn:50m30n3:plugins:SO-404', NO_POWF],
  ['lv2:urn:50m30n3:plugins:SO-666', NO_POWF],
  ['lv2:urn:50m30n3:plugins:SO-kl5', NO_POWF],
  ['lv2:http://breakfastquay.com/rdf/lv2-rubberband#r3mono', NOT_IN_FILE],
  ['lv2:http://breakfastquay.com/rdf/lv2-rubberband#r3stereo', NOT_IN_FILE],
  // Seen in a debugger: these faults lie in the plugin’s own code.
  ['lv2:http://calf.sourceforge.net/plugins/Wavetable', 'it reads beyond its own tables now and then while notes sound'],
  ['lv2:http://synthv1.sourceforge.net/lv2', 'it crashes in its own code now and then while every parameter moves at once'],
  ['lv2:http://zynaddsubfx.sourceforge.net/fx#Reverb', 'it ends its process when its type changes (it asks for more memory than there is)'],
])

/** Why a plugin is known to fail; undefined for all that should work. */
export const knownTrouble = ({ format, id }: PluginRef): string | undefined => KNOWN.get(`${format}:${id}`)
