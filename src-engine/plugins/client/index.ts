export {
  type HostEndpoint,
  MAX_REQUEST_FRAMES,
  MAX_STATE_BYTES,
  MAX_STEPS,
  type ParameterValue,
  type ProcessReport,
  type ProcessRequest,
  type ProcessStep,
  type StepReport,
  type StereoBlock,
  TRANSPORTS,
  type TransportKind,
} from '../transport/index.ts'
export * from './host-commands.ts'
export * from './host-connection.ts'
export * from './connect.ts'
