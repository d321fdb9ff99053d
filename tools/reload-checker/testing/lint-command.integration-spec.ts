import { lintCommand } from '../src/index.ts';
import { high } from './faults/mutation.ts';
import { serveSimulated, type ServedOrigin } from './serve-simulated.ts';

const FOR = ['--for', '4s', '--tolerance', '2s'];

/** Runs the command; what it printed and its exit code. */
async function lint(...args: string[]): Promise<{ code: number; out: string; error: string }> {
  const lines = { out: [] as string[], error: [] as string[] };
  const code = await lintCommand(args, {
    out: (line) => lines.out.push(line),
    error: (line) => lines.error.push(line),
  });
  return { code, out: lines.out.join('\n'), error: lines.error.join('\n') };
}

describe('headwater lint', () => {
  let served: ServedOrigin | undefined;

  afterEach(async () => {
    await served?.close();
    served = undefined;
  });

  it('passes a correct low-latency origin over HTTP and names what it could not try', async () => {
    served = await serveSimulated();
    const { code, out } = await lint(served.url, '--low-latency', ...FOR);
    expect(out).toMatch(/\n\d{2} passed, 0 failed$/);
    expect(code).toBe(0);
    expect(out).toContain('not exercised: ');
    expect(out).not.toMatch(
      /not exercised:.*(?:26-held-for-part|36-merge|38-hint-same-bytes|18-parts-are-the-segment)/,
    );
  });

  it('fails with the rule, the playlist and the lines that show it', async () => {
    served = await serveSimulated(high((text) => text.replace('PART-HOLD-BACK=1.5', 'PART-HOLD-BACK=0.9')));
    const { code, out } = await lint(served.url, '--only', '23', ...FOR);
    expect(code).toBe(1);
    expect(out).toContain('FAIL 23-part-hold-back (MUST, 4.4.3.8): PART-HOLD-BACK is at least twice PART-TARGET.');
    expect(out).toContain('/live/high.m3u8');
    expect(out).toContain('expected PART-HOLD-BACK of at least 1, got 0.9');
    expect(out).toContain('| #EXT-X-SERVER-CONTROL:');
    expect(out).toMatch(/\n3 passed, 2 failed$/);
  });

  it('prints the report as JSON', async () => {
    served = await serveSimulated();
    const { code, out } = await lint(served.url, '--json', '--only', '5,36-merge', '--header', 'x-from: here', ...FOR);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      failed: [],
      passed: [{ id: '5-target-constant' }, { id: '5-target-duration' }, { id: '36-merge' }],
      notExercised: [],
    });
  });

  it.each([
    ['no URL', [], 'expected one http or https URL'],
    ['a URL that is none', ['live.m3u8'], 'expected one http or https URL of a playlist, got "live.m3u8"'],
    ['an unknown rule', ['http://127.0.0.1/a.m3u8', '--only', '99'], '--only: expected rules of --rules, got "99"'],
    ['a duration that is none', ['http://127.0.0.1/a.m3u8', '--for', 'long'], '--for: expected a duration'],
    ['a header without value', ['http://127.0.0.1/a.m3u8', '--header', 'x'], '--header: expected NAME:VALUE'],
    ['an unknown option', ['http://127.0.0.1/a.m3u8', '--fast'], "Unknown option '--fast'"],
  ])('says what it expected of %s and exits with 2', async (_, args, message) => {
    const { code, error } = await lint(...args);
    expect(code).toBe(2);
    expect(error).toContain(message);
  });

  it('exits with 2 when there is no playlist, or none with parts where there must be', async () => {
    served = await serveSimulated((request, origin) =>
      request.path.endsWith('/plain.m3u8')
        ? Promise.resolve({
            status: 200,
            headers: {},
            body: Buffer.from('#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n1.ts\n#EXT-X-ENDLIST\n'),
          })
        : origin.answer(request),
    );
    const absent = await lint(new URL('absent.m3u8', served.url).href);
    expect(absent).toMatchObject({ code: 2, error: expect.stringContaining('expected a playlist, got 404') });
    const plain = await lint(new URL('plain.m3u8', served.url).href, '--low-latency', '--for', '200ms');
    expect(plain).toMatchObject({ code: 2, error: expect.stringContaining('expected Low-Latency HLS') });
  });

  it('lists every rule', async () => {
    const { code, out } = await lint('--rules');
    expect(code).toBe(0);
    expect(out).toContain('8-media-sequence (MUST, 6.2.2):');
  });
});
