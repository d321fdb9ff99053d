import type { CallCreated } from '#shared/contracts';
import { defaultSettings } from '../call-requests.ts';

/** A call's first fact for tests. */
export const aCallCreated = (over: Partial<CallCreated> = {}): CallCreated => ({
  fact: 'call_created',
  atMs: 1000,
  callKey: 'livestream-x-0',
  appKey: 'app',
  orgId: 'org',
  type: 'livestream',
  id: 'x',
  inputId: 'li_00000000',
  externalInputId: 'lv_00000000',
  streamKeySha256: 'a'.repeat(64),
  createdById: 'ann',
  custom: {},
  members: [],
  settings: defaultSettings(over.type ?? 'livestream'),
  ...over,
});
