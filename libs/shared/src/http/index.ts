export { createHttpApp, listen, type HttpAppOptions } from './http-app.ts';
export { OriginErrorFilter } from './origin-error.filter.ts';
export { CORS_HEADERS, writeCors } from './cors.ts';
export { runService } from './run-service.ts';
