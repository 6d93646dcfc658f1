// Before any test: audio kernels that are missing, or older than their sources, are compiled once, not by every file that loads them.
import { buildKernels } from '../../scripts/build-kernels.mjs'

export const setup = (): void => void buildKernels()
