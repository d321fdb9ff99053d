import { hasContentCredentials } from './content-credentials.ts';
import { box, concat, styp, u8 } from '../testing/boxes.ts';
import { fixture } from '../testing/fixtures.ts';

const C2PA = Buffer.from('d8fec3d61b0e483c92975828877ec481', 'hex');
const media = concat(box('moof'), box('mdat'));

describe('hasContentCredentials', () => {
  it.each([
    ['a C2PA uuid box', box('uuid', C2PA, u8(1, 2))],
    ['a jumb box', box('jumb')],
    ['a c2pa box', box('c2pa')],
  ])('finds %s among the leading boxes of a chunk and after them', (_, credential) => {
    expect(hasContentCredentials(concat(styp(), credential, media))).toBe(true);
    expect(hasContentCredentials(concat(media, credential))).toBe(true);
  });

  it.each([
    ['a real segment without them', fixture('ll-dash-1.cmfv')],
    ['another uuid', box('uuid', Buffer.from('d8fec3d61b0e483c92975828877ec482', 'hex'))],
    ['a uuid cut short', box('uuid', C2PA.subarray(1))],
    ['one that is not at the top level', box('moof', box('uuid', C2PA))],
    ['bytes that are no boxes', u8(1, 2, 3)],
    ['nothing', u8()],
  ])('finds none in %s', (_, bytes) => {
    expect(hasContentCredentials(bytes)).toBe(false);
  });
});
