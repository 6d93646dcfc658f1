export { createServiceAdmin, createServiceClient } from './service-client.ts'
export type { ServiceClient } from './service-client.ts'
export { isLoopback } from './transport.ts'
