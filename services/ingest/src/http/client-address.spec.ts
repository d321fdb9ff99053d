import { ClientAddresses, isAddressRange } from './client-address.ts';

const PROXY = '10.0.0.1';
const of = (trusted: string[], headers: { forwarded?: string; xForwardedFor?: string } = {}, peer = PROXY): string =>
  new ClientAddresses(trusted).of({ peer, forwarded: headers.forwarded, xForwardedFor: headers.xForwardedFor });

describe('ClientAddresses', () => {
  it('believes no header unless a proxy is trusted', () => {
    expect(of([], { xForwardedFor: '192.0.2.7' })).toBe(PROXY);
    expect(of(['10.9.9.9'], { xForwardedFor: '192.0.2.7', forwarded: 'for=192.0.2.8' })).toBe(PROXY);
  });

  it('takes the nearest hop that is no trusted proxy, not what the client wrote before it', () => {
    expect(of(['10.0.0.0/8'], { xForwardedFor: '203.0.113.9, 192.0.2.7, 10.0.0.2' })).toBe('192.0.2.7');
    expect(of(['10.0.0.0/8'], { xForwardedFor: '10.0.0.3, 10.0.0.2' })).toBe('10.0.0.3');
  });

  it.each([
    ['for=192.0.2.7', '192.0.2.7'],
    ['for=203.0.113.9;proto=http, For="192.0.2.7:4711";by=10.0.0.1', '192.0.2.7'],
    ['for="[2001:db8::17]:4711"', '2001:db8::17'],
    ['for=unknown', PROXY],
    ['for=_hidden', PROXY],
    ['proto=https', PROXY],
  ])('reads Forwarded: %s', (forwarded, expected) => {
    expect(of([PROXY], { forwarded, xForwardedFor: '198.51.100.1' })).toBe(expected);
  });

  it('knows an IPv4 proxy on a socket for both families', () => {
    expect(of([PROXY], { xForwardedFor: '192.0.2.7' }, `::ffff:${PROXY}`)).toBe('192.0.2.7');
    expect(of(['fd00::/8'], { xForwardedFor: '192.0.2.7' }, 'fd00::1')).toBe('192.0.2.7');
  });

  it('reads no more hops than any chain has', () => {
    const chain = Array.from({ length: 100 }, (_, hop) => (hop === 0 ? '192.0.2.7' : '10.0.0.2')).join(', ');
    expect(of(['10.0.0.0/8'], { xForwardedFor: chain })).toBe('10.0.0.2');
  });
});

describe('isAddressRange', () => {
  it.each(['10.0.0.1', '10.0.0.0/8', '::1', 'fd00::/8'])('takes %s', (text) => {
    expect(isAddressRange(text)).toBe(true);
  });

  it.each(['proxy.example', '10.0.0.0/33', '::1/129', '10.0.0.0/8/8', '10.0.0.1/', ''])('refuses "%s"', (text) => {
    expect(isAddressRange(text)).toBe(false);
  });
});
