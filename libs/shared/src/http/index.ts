export { createHttpApp, listen } from './http-app.ts';
export { OriginErrorFilter } from './origin-error.filter.ts';
export { runService } from './run-service.ts';
