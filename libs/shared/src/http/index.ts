export { CORS_HEADERS } from './cors.ts';
export { addHttpsDoor, createHttpApp, listen } from './http-app.ts';
export { OriginErrorFilter } from './origin-error.filter.ts';
export { runService } from './run-service.ts';
export { CertificateFiles } from './tls-certificate.ts';
