import { createPublicKey, verify as verifySignature } from 'node:crypto';
import { JwtVerifier } from 'aws-jwt-verify';
import { createVerifier, type VerifierOptions } from 'fast-jwt';
import type { App } from 'firebase-admin/app';
import { createLocalJWKSet, jwtVerify } from 'jose';
import jwt from 'jsonwebtoken';
import { authenticate } from '../../functions/src/authn/authenticate.ts';
import type { Fetch } from '../../functions/src/authn/oidc/fetch-json.ts';
import { decide } from '../../functions/src/authz/decide.ts';
import { loadConfig } from '../../functions/src/config.ts';
import { createAuthentication } from '../../functions/src/pipeline/authentication.ts';
import type { OpenFirestore } from '../../functions/src/platform/firestore/firestore.ts';
import { ISSUER, PROJECT } from '../../functions/test/helpers/google.ts';
import { openInstance } from '../../functions/test/helpers/open-instance.ts';
import { type PublicKey, toJwk } from '../lib/fake-google.ts';
import { authOf } from '../lib/firebase.ts';

/** The input of all verifiers. @property app a Firebase app with the fake Google on loopback */
export interface VerifierInput {
  readonly key: PublicKey;
  readonly app: App;
  readonly firestore: OpenFirestore;
  readonly fetch: Fetch;
}

export type Verify = (token: string) => unknown;

/** Verifiers with a cache. */
export const CACHING = new Set<string>(['Gatehouse', 'fast-jwt, cached']);
const RULE = { permission: 'notes:read' } as const;
export const SIGNATURE_ONLY = 'crypto.verify, signature only';

const ENTRY = { created: 0, disabled: false, validAfter: 0, grants: [], rolesVersion: 0 };

/** Creates verifiers with an empty cache. All check signature, issuer, audience and times of the same RS256 tokens. */
export const VERIFIERS = {
  /**
   * Strict parser, signature, cache, revocation feed and decision. The entry that a first verification reads from the
   * directory is in memory here: no library reads anything.
   */
  Gatehouse: ({ app, fetch, firestore }: VerifierInput): Verify => {
    const instance = openInstance(loadConfig({ GCLOUD_PROJECT: PROJECT }), { app, fetch, firestore });
    const deps = createAuthentication(instance.platform, instance.services.directory, {
      see: async () => ENTRY,
    });
    return async (token) => {
      const credential = { authenticator: deps.bearer, value: token };
      const { principal } = await authenticate(deps, credential, { fresh: false });
      return decide(principal, RULE, undefined, 0);
    };
  },
  'firebase-admin': ({ app }: VerifierInput): Verify => {
    const auth = authOf(app);
    return (token) => auth.verifyIdToken(token);
  },
  jose: ({ key }: VerifierInput): Verify => {
    const keys = createLocalJWKSet({ keys: [toJwk(key)] });
    return (token) => jwtVerify(token, keys, EXPECTED);
  },
  'jsonwebtoken, KeyObject': ({ key }: VerifierInput): Verify => {
    const publicKey = createPublicKey(key.publicPem);
    return (token) => jwt.verify(token, publicKey, { ...EXPECTED, algorithms: ['RS256'] });
  },
  'jsonwebtoken, PEM':
    ({ key: { publicPem } }: VerifierInput): Verify =>
    (token) =>
      jwt.verify(token, publicPem, { ...EXPECTED, algorithms: ['RS256'] }),
  'fast-jwt': ({ key: { publicPem } }: VerifierInput): Verify =>
    createVerifier({ ...FAST_JWT, key: publicPem }),
  'fast-jwt, cached': ({ key: { publicPem } }: VerifierInput): Verify =>
    createVerifier({ ...FAST_JWT, key: publicPem, cache: true }),
  'aws-jwt-verify': ({ key }: VerifierInput): Verify => {
    const verifier = JwtVerifier.create({ ...EXPECTED, jwksUri: 'https://127.0.0.1/never-asked' });
    verifier.cacheJwks({ keys: [toJwk(key)] });
    return (token) => verifier.verify(token);
  },
  [SIGNATURE_ONLY]: ({ key }: VerifierInput): Verify => {
    const publicKey = createPublicKey(key.publicPem);
    return (token) => {
      const end = token.lastIndexOf('.');
      const signature = Buffer.from(token.slice(end + 1), 'base64url');
      if (!verifySignature('sha256', Buffer.from(token.slice(0, end)), publicKey, signature))
        throw new Error('wrong signature');
    };
  },
} as const satisfies Record<string, (given: VerifierInput) => Verify>;

export type VerifierName = keyof typeof VERIFIERS;

const EXPECTED = { issuer: ISSUER, audience: PROJECT };
const FAST_JWT: Partial<VerifierOptions> = { allowedIss: ISSUER, allowedAud: PROJECT, algorithms: ['RS256'] };
