import type { RequestListener } from 'node:http';
import { CognitoJwtVerifier } from 'aws-jwt-verify';
import express, { type RequestHandler } from 'express';
import { auth } from 'express-oauth2-jwt-bearer';
import { loadConfig } from '../../functions/src/config.ts';
import { createApp } from '../../functions/src/http/app.ts';
import { ISSUER, openAppAt, PROJECT } from '../../functions/test/helpers/google.ts';
import { openInstance } from '../../functions/test/helpers/open-instance.ts';
import { productOf } from '../../functions/test/helpers/product.ts';
import { authOf } from '../lib/firebase.ts';
import { openFirestoreAt } from '../lib/firestore.ts';
import { fetchAt } from '../lib/outside.ts';
import { COGNITO, TRUSTED_ISSUERS } from '../lib/tokens.ts';

/** Where a server finds the others. @property body what peers answer with: Gatehouse's own */
export interface Places {
  readonly outside: number;
  readonly firestore: string;
  readonly body: string;
}

/** The contenders for `GET /v1/me`. Peers do nothing but look at the token and answer. */
export const SERVERS = {
  'bare Express': ({ body }: Places) => withRoute(body),
  Gatehouse: (places: Places) => gatehouse(places),
  'Gatehouse, a Cognito token': (places: Places) => gatehouse(places),
  'express-oauth2-jwt-bearer': ({ outside, body }: Places) =>
    withRoute(
      body,
      auth({
        issuer: ISSUER,
        audience: PROJECT,
        jwksUri: `http://127.0.0.1:${outside}/keys`,
        tokenSigningAlg: 'RS256',
      }),
    ),
  'aws-jwt-verify, a Cognito token': async ({ outside, body }: Places) => {
    const verifier = CognitoJwtVerifier.create({
      userPoolId: COGNITO.userPoolId,
      clientId: COGNITO.clientId,
      tokenUse: 'access',
    });
    // It takes nothing but HTTPS; it would fetch these once.
    const keys = await fetch(`http://127.0.0.1:${outside}/keys`);
    verifier.cacheJwks((await keys.json()) as Parameters<typeof verifier.cacheJwks>[0]);
    return withRoute(
      body,
      checking((token) => verifier.verify(token)),
    );
  },
  'verifyIdToken, with a look-up of 20 ms': ({ outside, body }: Places) => {
    const verifier = authOf(openAppAt(outside, { keepAlive: true }));
    return withRoute(
      body,
      checking((token) => verifier.verifyIdToken(token, true)),
    );
  },
} as const satisfies Record<string, (places: Places) => RequestListener | Promise<RequestListener>>;

export type ServerName = keyof typeof SERVERS;

function gatehouse({ outside, firestore }: Places): RequestListener {
  const config = loadConfig({ GCLOUD_PROJECT: PROJECT }, productOf({ trustedIssuers: TRUSTED_ISSUERS }));
  return createApp(
    openInstance(config, {
      app: openAppAt(outside),
      firestore: openFirestoreAt(firestore),
      fetch: fetchAt(outside),
    }),
  );
}

function withRoute(body: string, ...before: RequestHandler[]): RequestListener {
  const app = express();
  app.get('/v1/me', ...before, (_req, res) => {
    res.type('json').send(body);
  });
  return app;
}

/** The middleware that everybody writes. */
const checking =
  (verify: (token: string) => Promise<unknown>): RequestHandler =>
  (req, res, next) => {
    verify(req.headers.authorization?.replace(/^Bearer /, '') ?? '').then(
      () => next(),
      () => res.status(401).end(),
    );
  };
