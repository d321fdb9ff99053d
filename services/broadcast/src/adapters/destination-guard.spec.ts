import type { lookup } from 'node:dns';
import { assertDestination, isPublicAddress, pinnedLookup } from './destination-guard.ts';

describe('isPublicAddress', () => {
  it.each(['8.8.8.8', '1.1.1.1', '172.15.255.255', '172.32.0.1', '2606:4700:4700::1111', '2a00:1450::1'])(
    'sends to %s',
    (address) => {
      expect(isPublicAddress(address)).toBe(true);
    },
  );

  it.each([
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '127.0.0.1',
    '127.255.255.254',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.0.0.192',
    '192.168.1.1',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:10.0.0.1',
    '::ffff:8.8.8.8',
    '64:ff9b::a00:1',
    'fc00::1',
    'fd00:ec2::254',
    'fe80::1',
    'ff02::1',
    '2001:db8::1',
    '2001::1',
    '2002:a00:1::',
    'not an address',
  ])('does not send to %s', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });
});

describe('assertDestination', () => {
  it.each(['https://example.com/hook', 'http://example.com:8080/', 'http://8.8.8.8/'])('takes %s', (url) => {
    expect(assertDestination(url, false).href).toContain('http');
  });

  it.each([
    ['ftp://example.com/', 'expected http or https'],
    ['file:///etc/passwd', 'expected http or https'],
    ['https://u:p@example.com/', 'expected no user name'],
    ['http://localhost/', 'expected a public host'],
    ['http://x.localhost./', 'expected a public host'],
    ['http://0x7f.1/', 'expected a public host'],
    ['http://2130706433/', 'expected a public host'],
    ['http://[::ffff:127.0.0.1]/', 'expected a public host'],
    ['/relative', 'expected an absolute URL'],
  ])('refuses %s', (url, reason) => {
    expect(() => assertDestination(url, false)).toThrow(reason);
  });

  it('takes a private host where configuration allows it, still by http only', () => {
    expect(assertDestination('http://127.0.0.1:9/', true).port).toBe('9');
    expect(() => assertDestination('ftp://127.0.0.1/', true)).toThrow('expected http or https');
  });
});

describe('pinnedLookup', () => {
  const resolving = (...addresses: string[]): typeof lookup =>
    ((_host: string, _options: object, callback: (error: null, found: unknown[]) => void) =>
      callback(
        null,
        addresses.map((address) => ({ address, family: 4 })),
      )) as unknown as typeof lookup;
  const ask = (allowPrivate: boolean, addresses: string[], all: boolean) =>
    new Promise((resolve) => {
      pinnedLookup(allowPrivate, resolving(...addresses))('h', { all }, (error, found) => resolve(error ?? found));
    });

  it('gives checked addresses in the form the socket asks for', async () => {
    expect(await ask(false, ['8.8.8.8'], false)).toBe('8.8.8.8');
    expect(await ask(false, ['8.8.8.8'], true)).toEqual([{ address: '8.8.8.8', family: 4 }]);
    expect(await ask(true, ['127.0.0.1'], false)).toBe('127.0.0.1');
  });

  it('refuses a name as soon as one of its addresses is refused', async () => {
    expect(await ask(false, ['8.8.8.8', '10.0.0.1'], true)).toMatchObject({
      message: 'h: expected public addresses, got 10.0.0.1',
    });
    expect(await ask(false, [], true)).toMatchObject({ message: 'h: expected public addresses, got none' });
  });
});
