import { parseStartOptions, parseTestOptions, UsageError } from './cli-options.mjs';

describe('options of npm start', () => {
  it('has a default for each', () => {
    expect(parseStartOptions([])).toEqual({ demo: true, port: 8080, dataDir: undefined, json: false, help: false });
  });

  it('takes each', () => {
    const options = parseStartOptions(['--no-demo', '--port', '9000', '--data-dir', '/data', '--json']);
    expect(options).toEqual({ demo: false, port: 9000, dataDir: '/data', json: true, help: false });
  });

  it('answers an unknown one with the known', () => {
    expect(() => parseStartOptions(['--prot', '1'])).toThrow(UsageError);
    expect(() => parseStartOptions(['--prot', '1'])).toThrow(/--prot[\s\S]*--port N/);
  });

  it.each(['0', '65001', '-1', 'http', '80.5'])('refuses %s as a port', (text) => {
    expect(() => parseStartOptions([`--port=${text}`])).toThrow(`got "${text}"`);
  });
});

describe('options of npm test', () => {
  it('runs every stage but the soak', () => {
    expect(parseTestOptions([]).stages).toEqual(['check', 'unit', 'integration', 'e2e']);
  });

  it('runs one stage and hands the rest to Jest', () => {
    expect(parseTestOptions(['--only', 'soak', '--', '-t', 'rewind'])).toEqual({
      stages: ['soak'],
      help: false,
      jestArgs: ['-t', 'rewind'],
    });
  });

  it('names the stages when one is unknown', () => {
    expect(() => parseTestOptions(['--only', 'all'])).toThrow(/check, unit, integration, e2e, soak, got "all"/);
  });
});
