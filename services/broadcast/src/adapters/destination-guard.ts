import { lookup as resolveName } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { Inject, Injectable } from '@nestjs/common';
import { BroadcastConfig } from '../broadcast.config.ts';
import { RefusedDestinationError } from '../domain/call-errors.ts';
import { WebhookDestinations } from '../ports.ts';

// IANA special-purpose registries: nothing of these is a public host.
const IPV4_SPECIAL = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
];
/** Inside 2000::/3, the only public range: protocol assignments with Teredo, documentation, 6to4. */
const IPV6_SPECIAL = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'];

const listOf = (ranges: readonly string[], family: 'ipv4' | 'ipv6'): BlockList => {
  const list = new BlockList();
  for (const range of ranges) {
    const [network = '', prefix = ''] = range.split('/');
    list.addSubnet(network, Number(prefix), family);
  }
  return list;
};
const ipv4Special = listOf(IPV4_SPECIAL, 'ipv4');
const ipv6Special = listOf(IPV6_SPECIAL, 'ipv6');
const ipv6Public = listOf(['2000::/3'], 'ipv6');

/** Whether an IP address is a public host: not loopback, private, link-local, metadata, mapped or reserved. */
export function isPublicAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !ipv4Special.check(address, 'ipv4');
    case 6:
      return ipv6Public.check(address, 'ipv6') && !ipv6Special.check(address, 'ipv6');
    default:
      return false;
  }
}

/** Checks the form of a destination: http or https, no credentials, and no address that is refused on sight. Throws RefusedDestinationError. */
export function assertDestination(text: string, allowPrivate: boolean): URL {
  if (!URL.canParse(text))
    throw new RefusedDestinationError(`webhook URL: expected an absolute URL, got "${text.slice(0, 200)}"`);
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new RefusedDestinationError(`webhook URL: expected http or https, got "${url.protocol}"`);
  if (url.username !== '' || url.password !== '')
    throw new RefusedDestinationError('webhook URL: expected no user name and password in it');
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (!allowPrivate && (isIP(host) === 0 ? /(^|\.)localhost\.?$/i.test(host) : !isPublicAddress(host)))
    throw new RefusedDestinationError(`webhook URL: expected a public host, got "${host}"`);
  return url;
}

/**
 * A `lookup` for sockets that connects to a checked address and no other: the name is resolved once,
 * so it cannot mean something else when the connection is made.
 */
export const pinnedLookup =
  (allowPrivate: boolean, resolve: typeof resolveName = resolveName): LookupFunction =>
  (hostname, options, callback) => {
    resolve(hostname, { all: true }, (error, addresses) => {
      if (error !== null) return callback(error, '');
      const refused = allowPrivate ? undefined : addresses.find(({ address }) => !isPublicAddress(address));
      const [first] = addresses;
      if (refused !== undefined || first === undefined)
        return callback(
          new RefusedDestinationError(`${hostname}: expected public addresses, got ${refused?.address ?? 'none'}`),
          '',
        );
      return options.all === true ? callback(null, addresses) : callback(null, first.address, first.family);
    });
  };

/** Says at once what a delivery would be refused for later. */
@Injectable()
export class GuardedDestinations extends WebhookDestinations {
  constructor(@Inject(BroadcastConfig) private readonly config: BroadcastConfig) {
    super();
  }

  override assertAcceptable(url: string): void {
    assertDestination(url, this.config.values.WEBHOOK_ALLOW_PRIVATE);
  }
}
