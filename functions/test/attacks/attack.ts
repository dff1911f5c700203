import type { Kind } from './issuer-kinds.ts';
import type { IssuerKey } from './signers.ts';

/** What an attacker has at hand. */
export interface Means {
  /** A valid token of this kind, somebody's. */
  readonly good: string;
  /** Seconds since the epoch. */
  readonly now: number;
  /** A server of the attacker's, where a public key is served under every path. */
  readonly url: string;
  readonly key: IssuerKey;
}

export interface Attack {
  /** Ends the sentence "refuses …". */
  readonly what: string;
  readonly tokens: (kind: Kind, means: Means) => readonly string[] | Promise<readonly string[]>;
  /** Kinds for which this is an attack; otherwise all. */
  readonly against?: (kind: Kind) => boolean;
  /** Only the issuer's keys show what is wrong. Otherwise nothing at all may be asked of anybody. */
  readonly needsKey?: true;
}

export const isFirebase = ({ name }: Kind) => name === 'Firebase';
export const isCognito = ({ name }: Kind) => name.startsWith('Cognito');
export const isAuth0 = ({ name }: Kind) => name.startsWith('Auth0');
export const isOpenId = ({ name }: Kind) => name.startsWith('OpenID');
export const isRsa = ({ alg }: Kind) => /^[RP]S/.test(alg);

type Parts = [header: string, payload: string, signature: string];

export function partsOf(token: string): Parts {
  const [header = '', payload = '', signature = ''] = token.split('.');
  return [header, payload, signature];
}
