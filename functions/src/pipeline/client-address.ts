import { isIP, SocketAddress } from 'node:net';

/**
 * The IP address of the client: the entry of `X-Forwarded-For` that the outermost trusted proxy wrote. Each proxy adds the
 * address of its own caller at the end, so everything before that entry is the caller's to choose and is ignored.
 *
 * @param forwardedFor the header, several lines joined by commas as Node does
 * @param trustedHops TRUSTED_PROXY_HOPS. With fewer entries the first one counts: no more proxies were passed
 * @returns in canonical form; undefined where it is unknown, as in the emulator
 */
export function clientAddress(
  forwardedFor: string | readonly string[] | undefined,
  trustedHops: number,
): string | undefined {
  const header = String(forwardedFor ?? '');
  let end = header.length;
  let start = header.lastIndexOf(',');
  for (let hop = 1; hop < trustedHops && start !== -1; hop++) {
    end = start;
    start = header.lastIndexOf(',', end - 1);
  }
  return canonicalAddress(header.slice(start + 1, end).trim());
}

function canonicalAddress(text: string): string | undefined {
  const version = isIP(text);
  if (version === 4) return text;
  // A zone (`%eth0`) means something on its own host only.
  if (version === 0 || text.includes('%')) return undefined;
  const { address } = new SocketAddress({ address: text, family: 'ipv6' });
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(address)?.[1] ?? address;
}

/**
 * The network of an address, as `203.0.113.0/24` or `2001:db8:1::/48`.
 *
 * @param address as {@link clientAddress} returns it
 */
export function networkOf(address: string, { ipv4, ipv6 }: { ipv4: 24 | 32; ipv6: 48 | 64 }): string {
  if (!address.includes(':')) {
    return `${ipv4 === 32 ? address : address.replace(/\d+$/, '0')}/${ipv4}`;
  }
  const [head = '', tail] = address.split('::');
  const [before, after] = [head, tail ?? ''].map((part) => part.split(':').filter((group) => group !== ''));
  const missing = 8 - (before?.length ?? 0) - (after?.length ?? 0);
  const groups = [...(before ?? []), ...Array(missing).fill('0'), ...(after ?? [])].slice(0, ipv6 / 16);
  return `${canonicalAddress(`${groups.join(':')}::`)}/${ipv6}`;
}
