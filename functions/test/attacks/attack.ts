import type { IssuerKey } from './signers.ts';
import type { TokenKind } from './token-kinds.ts';

/** What an attacker can use. */
export interface AttackContext {
  /** A valid token of this kind, issued to another user. */
  readonly validToken: string;
  /** Seconds since the epoch. */
  readonly now: number;
  /** The attacker's server. It serves the attacker's public key under every path. */
  readonly url: string;
  readonly key: IssuerKey;
}

export interface Attack {
  /** Completes the test name "refuses …". */
  readonly name: string;
  readonly tokens: (
    kind: TokenKind,
    context: AttackContext,
  ) => readonly string[] | Promise<readonly string[]>;
  /** Whether it is an attack on this kind of token. Default: on every kind. */
  readonly appliesTo?: (kind: TokenKind) => boolean;
  /** Only the issuer's keys show that the token is invalid. Every other token must be refused without a network request. */
  readonly needsKey?: true;
}

export const isFirebase = ({ name }: TokenKind) => name === 'Firebase';
export const isCognito = ({ name }: TokenKind) => name.startsWith('Cognito');
export const isAuth0 = ({ name }: TokenKind) => name.startsWith('Auth0');
export const isOpenId = ({ name }: TokenKind) => name.startsWith('OpenID');
export const isRsa = ({ alg }: TokenKind) => /^[RP]S/.test(alg);

type Parts = [header: string, payload: string, signature: string];

export function splitToken(token: string): Parts {
  const [header = '', payload = '', signature = ''] = token.split('.');
  return [header, payload, signature];
}
