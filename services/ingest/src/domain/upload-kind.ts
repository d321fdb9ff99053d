import { sniff } from '#cmaf';
import type { UploadRole } from './upload-path.ts';

/** What is done with a body. `probe`: an empty one; `manifest`: accepted and ignored. */
export type UploadKind = 'probe' | 'manifest' | 'media' | 'unsupported';

/** How many first bytes {@link kindOfUpload} wants to see. */
export const HEAD_BYTES = 16;

const MANIFEST_TYPES = /^(application\/dash\+xml|application\/vnd\.apple\.mpegurl|(audio|application)\/(x-)?mpegurl)/i;
/** Boxes that may stand first besides those that sniff knows as init or segment. */
const OTHER_FIRST_BOXES: ReadonlySet<string> = new Set(['free', 'skip', 'uuid', 'wide', 'pdin', 'mdat', 'mfra']);

/** Tells a body by its first bytes; name and content type only ever make it a manifest. */
export function kindOfUpload(head: Uint8Array, role: UploadRole, contentType: string | undefined): UploadKind {
  if (head.length === 0) return 'probe';
  if (role === 'manifest' || MANIFEST_TYPES.test(contentType ?? '')) return 'manifest';
  const seen = sniff(head);
  if (seen === 'manifest' || seen === 'playlist') return 'manifest';
  if (seen !== 'unknown' || OTHER_FIRST_BOXES.has(String.fromCharCode(...head.subarray(4, 8)))) return 'media';
  return 'unsupported';
}
