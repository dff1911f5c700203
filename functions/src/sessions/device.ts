import type { Client } from '../pipeline/client.ts';
import { networkOf } from '../pipeline/client-address.ts';

/** Where a session began. For people who look through their sessions, never for decisions: the client chooses `User-Agent`. */
export interface Device {
  /** Family of the browser, e.g. `Firefox`, or of the bot. */
  readonly browser?: string | undefined;
  /** Family of the operating system, e.g. `Windows`. */
  readonly os?: string | undefined;
  /** Network of the address, e.g. `203.0.113.0/24`. The address itself is not kept. */
  readonly network?: string | undefined;
}

/** Longer than the header of any browser. Regular expressions look at no more. */
const MAX_LENGTH = 512;

/**
 * The device of a client. Versions are left out, as they help to recognise a person. Only names that the library knows: the
 * header is the client's, and people read the names.
 */
export async function deviceOf({
  userAgent = '',
  address,
}: Pick<Client, 'userAgent' | 'address'>): Promise<Device> {
  const network = address && networkOf(address, { ipv4: 24, ipv6: 48 });
  if (userAgent === '') return { network };
  const { default: bowser } = await import('bowser');
  const { browser, os } = bowser.parse(userAgent.slice(0, MAX_LENGTH));
  return {
    browser: known(bowser.BROWSER_MAP, browser.name),
    os: known(bowser.OS_MAP, os.name),
    network,
  };
}

function known(names: Record<string, string>, name: string | undefined): string | undefined {
  return Object.values(names).find((one) => one === name);
}
