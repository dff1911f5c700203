import type { RequestListener } from 'node:http';
import { CognitoJwtVerifier } from 'aws-jwt-verify';
import express, { type RequestHandler } from 'express';
import { auth } from 'express-oauth2-jwt-bearer';
import { loadConfig } from '../../functions/src/config.ts';
import { createApp } from '../../functions/src/http/app.ts';
import { ISSUER, openAppAt, PROJECT } from '../../functions/test/helpers/google.ts';
import { openInstance } from '../../functions/test/helpers/open-instance.ts';
import { productOf } from '../../functions/test/helpers/product.ts';
import { createLoopbackFetch } from '../lib/fake-google.ts';
import { authOf } from '../lib/firebase.ts';
import { openFirestoreAt } from '../lib/firestore.ts';
import { COGNITO, TRUSTED_ISSUERS } from '../lib/tokens.ts';

/** @property body the response of the other servers: the body that Gatehouse sends */
export interface ServerOptions {
  readonly googlePort: number;
  readonly firestoreHost: string;
  readonly body: string;
}

/** The compared servers for `GET /v1/me`. All but Gatehouse only verify the token and respond. */
export const SERVERS = {
  'bare Express': ({ body }: ServerOptions) => createExpressApp(body),
  Gatehouse: (places: ServerOptions) => createGatehouse(places),
  'Gatehouse, session cookie': (places: ServerOptions) => createGatehouse(places),
  'Gatehouse, Cognito token': (places: ServerOptions) => createGatehouse(places),
  'express-oauth2-jwt-bearer': ({ googlePort, body }: ServerOptions) =>
    createExpressApp(
      body,
      auth({
        issuer: ISSUER,
        audience: PROJECT,
        jwksUri: `http://127.0.0.1:${googlePort}/keys`,
        tokenSigningAlg: 'RS256',
      }),
    ),
  'aws-jwt-verify, Cognito token': async ({ googlePort, body }: ServerOptions) => {
    const verifier = CognitoJwtVerifier.create({
      userPoolId: COGNITO.userPoolId,
      clientId: COGNITO.clientId,
      tokenUse: 'access',
    });
    // The library accepts only HTTPS URLs, and would fetch the keys once.
    const keys = await fetch(`http://127.0.0.1:${googlePort}/keys`);
    verifier.cacheJwks((await keys.json()) as Parameters<typeof verifier.cacheJwks>[0]);
    return createExpressApp(
      body,
      verifyWith((token) => verifier.verify(token)),
    );
  },
  'verifyIdToken with a 20 ms look-up': ({ googlePort, body }: ServerOptions) => {
    const verifier = authOf(openAppAt(googlePort, { keepAlive: true }));
    return createExpressApp(
      body,
      verifyWith((token) => verifier.verifyIdToken(token, true)),
    );
  },
} as const satisfies Record<string, (places: ServerOptions) => RequestListener | Promise<RequestListener>>;

export type ServerName = keyof typeof SERVERS;

function createGatehouse({ googlePort, firestoreHost }: ServerOptions): RequestListener {
  // Requests are counted, and none is refused.
  const limit = { user: 1e9, shared: 1e9, window: 60 };
  const product = productOf({ trustedIssuers: TRUSTED_ISSUERS, rateLimits: { read: limit } });
  const config = loadConfig({ GCLOUD_PROJECT: PROJECT }, product);
  return createApp(
    openInstance(config, {
      app: openAppAt(googlePort),
      firestore: openFirestoreAt(firestoreHost),
      fetch: createLoopbackFetch(googlePort),
    }),
  );
}

function createExpressApp(body: string, ...before: RequestHandler[]): RequestListener {
  const app = express();
  app.get('/v1/me', ...before, (_req, res) => {
    res.type('json').send(body);
  });
  return app;
}

/** The usual middleware that verifies a bearer token. */
const verifyWith =
  (verify: (token: string) => Promise<unknown>): RequestHandler =>
  (req, res, next) => {
    verify(req.headers.authorization?.replace(/^Bearer /, '') ?? '').then(
      () => next(),
      () => res.status(401).end(),
    );
  };
