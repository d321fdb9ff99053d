import { linesNamed, namedTests, openLines } from './conformance.ts';

describe('conformance', () => {
  it.each([
    ['17: a part is no longer than the target', true, ['17']],
    ['25, 26 and 29: blocking reload', true, ['25', '26', '29']],
    ['17–19: parts', true, ['17', '18', '19']],
    ['R4: errors', true, ['R4']],
    ['17: of another page', false, []],
    ['a hinted part is held (hls.md 38)', false, ['38']],
  ])('reads the lines named in "%s"', (title, isAboutHls, lines) => {
    expect(linesNamed(title, isAboutHls)).toEqual(lines);
  });

  it('has a test or an argument for every line', () => {
    expect(openLines(namedTests())).toEqual([]);
  });
});
