import fc from 'fast-check';
import { defineSubject } from './subject.ts';

const subject = defineSubject('media.v1.{partition}.{inputId}.{trackId}.chunk');

describe('a subject template', () => {
  it('gives back the parameters it was formatted with', () => {
    const token = fc.stringMatching(/^[A-Za-z0-9_-]{1,30}$/);
    fc.assert(
      fc.property(token, token, token, (partition, inputId, trackId) => {
        expect(subject.parse(subject.format({ partition, inputId, trackId }))).toEqual({ partition, inputId, trackId });
      }),
    );
  });

  it('refuses a parameter that is not one token', () => {
    for (const inputId of ['', 'a.b', '*', '>', 'a b']) {
      expect(() => subject.format({ partition: 0, inputId, trackId: 1 })).toThrow(/inputId/);
    }
  });

  it('puts a wildcard where a parameter is left out', () => {
    expect(subject.pattern({ partition: 3 })).toBe('media.v1.3.*.*.chunk');
  });

  it('does not match a subject of another template', () => {
    expect(subject.parse('media.v1.0.li_a.1.init')).toBeUndefined();
    expect(subject.parse('media.v1.0.li_a.chunk')).toBeUndefined();
  });
});
