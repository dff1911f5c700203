import type { PolicyDocument } from 'aws-lambda';
import { parseTrustedIssuers } from '../../src/authn/oidc/trusted-issuers.ts';
import { createLog } from '../../src/core/log.ts';
import { createGate, type Gate } from '../../src/gateways/gate.ts';
import { type KeyServer, openKeyServer } from './key-server.ts';
import { createSigningPair, type SigningPair } from './signing.ts';

export const GATE_ISSUER = 'https://login.example.com/';

/** An OpenID issuer whose groups are roles of Gatehouse. */
export const GATE_SETTING = {
  type: 'oidc',
  issuer: GATE_ISSUER,
  audience: 'https://shop.example.com',
  jwksUri: 'https://login.example.com/keys',
  map: {
    groups: {
      members: ['member'],
      helpers: ['support'],
      readers: ['notes:read'],
      reporters: ['audit:read'],
      bosses: ['support', 'auditor'],
    },
  },
};

const FIREBASE = { type: 'firebase', projectId: 'shop-1234' };

export interface GateWorld {
  readonly gate: Gate;
  readonly keys: KeyServer;
  readonly pair: SigningPair;
  /** Every line of the log so far. */
  readonly lines: Record<string, unknown>[];
  /** A good token of somebody in these groups; a claim or header given as `undefined` is left out. */
  token(
    groups: readonly string[],
    claims?: Record<string, unknown>,
    header?: Record<string, unknown>,
  ): Promise<string>;
  close(): Promise<void>;
}

export async function openGateWorld(): Promise<GateWorld> {
  const keys = await openKeyServer();
  const pair = await createSigningPair('RS256', 'k1');
  keys.publish({ keys: [pair.jwk] });
  const lines: Record<string, unknown>[] = [];
  const gate = createGate({
    profiles: parseTrustedIssuers(JSON.stringify([GATE_SETTING, FIREBASE]), {
      local: false,
      allowFirebase: true,
    }),
    fetch: keys.fetch,
    clock: Date.now,
    log: createLog((line) => lines.push(line)),
  });
  return {
    ...{ gate, keys, pair, lines },
    token: (groups, claims, header) => signAccessToken(pair, { groups, ...claims }, header),
    close: () => keys.close(),
  };
}

/** An access token as RFC 9068 has it. */
export function signAccessToken(
  pair: SigningPair,
  claims: Record<string, unknown>,
  header: Record<string, unknown> = {},
): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  return pair.sign(
    {
      iss: GATE_SETTING.issuer,
      aud: GATE_SETTING.audience,
      sub: 'ada',
      client_id: 'web',
      iat: now - 10,
      exp: now + 3600,
      ...claims,
    },
    { typ: 'at+jwt', ...header },
  );
}

/** Plays what API Gateway does with a policy: a wildcard stands for anything, slashes included; a denial goes first. */
export function mayInvoke({ Statement }: PolicyDocument, arn: string): boolean {
  const effects = Statement.filter(
    (statement) =>
      'Resource' in statement &&
      [statement.Resource ?? []].flat().some((pattern) => globOf(pattern).test(arn)),
  ).map(({ Effect }) => Effect);
  return effects.includes('Allow') && !effects.includes('Deny');
}

const globOf = (pattern: string) =>
  new RegExp(
    `^${pattern
      .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
    's',
  );
