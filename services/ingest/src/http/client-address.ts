import { BlockList, isIP } from 'node:net';

/** What a request says of where it comes from. */
export interface RequestOrigin {
  /** The other end of the connection. */
  readonly peer: string;
  readonly forwarded: string | undefined;
  readonly xForwardedFor: string | undefined;
}

const MAPPED_V4 = /^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i;
/** More hops than any chain of proxies has. */
const MAX_HOPS = 32;

/** Whether this is an address or a CIDR range. */
export function isAddressRange(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128));
}

/** Finds the client behind proxies: `Forwarded` (RFC 7239), else `X-Forwarded-For`, believed only as far as trusted proxies wrote it. */
export class ClientAddresses {
  readonly #trusted = new BlockList();
  readonly #hasTrusted: boolean;

  /** Addresses or CIDR ranges, as {@link isAddressRange} takes them. */
  constructor(trustedProxies: readonly string[]) {
    this.#hasTrusted = trustedProxies.length > 0;
    for (const range of trustedProxies) {
      const [address = '', prefix] = range.split('/');
      const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
      if (prefix === undefined) this.#trusted.addAddress(address, family);
      else this.#trusted.addSubnet(address, Number(prefix), family);
    }
  }

  /** The nearest hop that is no trusted proxy; the peer itself when it is none, or what it says cannot be read. */
  of({ peer, forwarded, xForwardedFor }: RequestOrigin): string {
    const hops = forwarded === undefined ? listOf(xForwardedFor) : listOf(forwarded).map(forOf);
    let nearest = plain(peer);
    for (const hop of hops.slice(-MAX_HOPS).toReversed()) {
      if (!this.#isTrusted(nearest)) return nearest;
      const address = addressOf(hop);
      if (address === undefined) return nearest;
      nearest = address;
    }
    return nearest;
  }

  #isTrusted(address: string): boolean {
    const family = isIP(address);
    return this.#hasTrusted && family !== 0 && this.#trusted.check(address, family === 6 ? 'ipv6' : 'ipv4');
  }
}

const listOf = (header: string | undefined): string[] =>
  (header ?? '').split(',').flatMap((part) => (part.trim() === '' ? [] : part.trim()));

/** The parameter `for` of one element of `Forwarded`. */
const forOf = (element: string): string => /(?:^|;)\s*for=("[^"]*"|[^;]*)/i.exec(element)?.[1] ?? '';

/** An address without quotes, brackets and port; undefined for an obfuscated or unknown one. */
function addressOf(hop: string): string | undefined {
  const text = hop.trim().replaceAll('"', '');
  const bare = /^\[([^\]]+)\](?::\d+)?$/.exec(text)?.[1] ?? /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(text)?.[1] ?? text;
  return isIP(bare) === 0 ? undefined : plain(bare);
}

/** An IPv4 client on a socket for both families. */
const plain = (address: string): string => address.replace(MAPPED_V4, '');
