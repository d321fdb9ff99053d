import { parseDeb822Sources, parseOneLineSources, renderSourcesFor } from './apt-sources.mjs';

const own = { suite: 'bookworm', ownSuite: 'bookworm' };
const newer = { suite: 'forky', ownSuite: 'bookworm' };

describe('apt sources', () => {
  it('reads one-line entries with options and without', () => {
    const text = [
      '# deb http://commented.example/debian bookworm main',
      'deb [arch=amd64 signed-by=/usr/share/keyrings/a.gpg] http://mirror.example/debian bookworm main contrib # note',
      'deb-src http://mirror.example/debian bookworm main',
      'deb http://security.example/debian-security bookworm-security main',
    ].join('\n');
    expect(parseOneLineSources(text)).toEqual([
      {
        uris: ['http://mirror.example/debian'],
        suites: ['bookworm'],
        components: ['main', 'contrib'],
        options: { arch: 'amd64', 'signed-by': '/usr/share/keyrings/a.gpg' },
      },
      {
        uris: ['http://security.example/debian-security'],
        suites: ['bookworm-security'],
        components: ['main'],
        options: {},
      },
    ]);
  });

  it('reads deb822 stanzas with comments, several suites and a mirror list', () => {
    const text = [
      'Types: deb deb-src',
      '# a comment between fields',
      'URIs: mirror+file:/etc/apt/mirrors/debian.list',
      'Suites: bookworm bookworm-updates',
      'Components: main',
      'Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg',
      '',
      'Types: deb',
      'URIs: http://off.example/debian',
      'Suites: bookworm',
      'Components: main',
      'Enabled: no',
    ].join('\n');
    expect(parseDeb822Sources(text)).toEqual([
      {
        uris: ['mirror+file:/etc/apt/mirrors/debian.list'],
        suites: ['bookworm', 'bookworm-updates'],
        components: ['main'],
        options: { 'signed-by': '/usr/share/keyrings/debian-archive-keyring.gpg' },
      },
    ]);
  });

  it('leaves a key that is pasted into a stanza to apt', () => {
    const text =
      'Types: deb\nURIs: http://a.example/debian\nSuites: bookworm\nComponents: main\nSigned-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abc';
    expect(parseDeb822Sources(text)[0]?.options).toEqual({});
  });

  it('keeps updates and security of the own suite, and leaves out the repositories of others', () => {
    const sources = parseOneLineSources(
      [
        'deb http://mirror.example/other/path bookworm main',
        'deb http://mirror.example/other/path bookworm-updates main',
        'deb http://security.example/sec bookworm-security main',
        'deb http://node.example/node nodistro main',
      ].join('\n'),
    );
    expect(renderSourcesFor(sources, own)).toBe(
      'deb http://mirror.example/other/path bookworm main\n' +
        'deb http://mirror.example/other/path bookworm-updates main\n' +
        'deb http://security.example/sec bookworm-security main\n',
    );
  });

  it('asks only the archive, not the security one, for a newer suite, whatever its path or scheme', () => {
    const sources = parseOneLineSources(
      'deb [signed-by=/k.gpg] mirror+file:/etc/apt/list bookworm main\ndeb http://security.example/sec bookworm-security main',
    );
    expect(renderSourcesFor(sources, newer)).toBe('deb [signed-by=/k.gpg] mirror+file:/etc/apt/list forky main\n');
  });

  it('gives nothing when no source carries the own suite', () => {
    expect(renderSourcesFor(parseOneLineSources('deb http://a.example/x jammy main'), newer)).toBe('');
  });
});
