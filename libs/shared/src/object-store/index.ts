export { ObjectStore, type StoredObject } from './object-store.ts';
export { MinioObjectStore } from './minio-object-store.ts';
export { ObjectNotFoundError, StoreUnavailableError } from './store-errors.ts';
export { initObjectKey } from './archive-layout.ts';
