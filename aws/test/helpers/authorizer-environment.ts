import { readTrustedIssuers } from '../../../functions/src/authn/oidc/trusted-issuers.ts';
import { createLog } from '../../../functions/src/core/log.ts';
import { type KeyServer, openKeyServer } from '../../../functions/test/helpers/key-server.ts';
import { createSigningPair, type SigningPair } from '../../../functions/test/helpers/signing.ts';
import { createLambdaAuthorizer, type LambdaAuthorizer } from '../../src/lambda-authorizer.ts';
import { ISSUER_SETTING, signAccessToken } from './issuer.ts';

const FIREBASE = { type: 'firebase', projectId: 'shop-1234' };

export interface AuthorizerEnvironment {
  readonly authorizer: LambdaAuthorizer;
  readonly keys: KeyServer;
  readonly pair: SigningPair;
  /** Every line of the log so far. */
  readonly lines: Record<string, unknown>[];
  /** A valid token of a user in these groups; a claim or header given as `undefined` is left out. */
  token(
    groups: readonly string[],
    claims?: Record<string, unknown>,
    header?: Record<string, unknown>,
  ): Promise<string>;
  close(): Promise<void>;
}

export async function openAuthorizerEnvironment(): Promise<AuthorizerEnvironment> {
  const keys = await openKeyServer();
  const pair = await createSigningPair('RS256', 'k1');
  keys.publish({ keys: [pair.jwk] });
  const lines: Record<string, unknown>[] = [];
  const authorizer = createLambdaAuthorizer({
    profiles: readTrustedIssuers([ISSUER_SETTING, FIREBASE], { local: false, allowFirebase: true }),
    fetch: keys.fetch,
    clock: Date.now,
    // As it is written: without fields that are undefined.
    log: createLog((line) => lines.push(JSON.parse(JSON.stringify(line)))),
  });
  return {
    authorizer,
    keys,
    pair,
    lines,
    token: (groups, claims, header) => signAccessToken(pair, { groups, ...claims }, header),
    close: () => keys.close(),
  };
}
