export { createServiceAdmin, createServiceClient } from './service-client.ts'
export type { ServiceClient, ServiceClientOptions } from './service-client.ts'
export { checkServiceUrl, isLoopback } from './transport.ts'
