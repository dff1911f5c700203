import { createPublicKey } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { auth } from 'express-oauth2-jwt-bearer';
import { exportJWK } from 'jose';
import { loadConfig } from '../functions/src/config.ts';
import { createDeps } from '../functions/src/deps.ts';
import { createApp } from '../functions/src/http/app.ts';
import { googleKey, ISSUER, mintIdToken, openGoogle, PROJECT } from '../functions/test/helpers/google.ts';
import { openFirestoreAt } from './firestore.ts';
import type { Usage } from './throughput.ts';

/** Serves one contender on a port of its own and tells the parent: `node throughput-server.ts <name> [<Firestore>]`. */
const token = await mintIdToken({ roles: ['member'], rv: 1 });

let askedOfGoogle = () => 0;

async function gatehouse() {
  const google = await openGoogle();
  askedOfGoogle = () => google.requests.length;
  const firestore = openFirestoreAt(process.argv[3] ?? '');
  return createApp(createDeps(loadConfig({ GCLOUD_PROJECT: PROJECT }), { app: google.app, firestore }));
}

/** An answer as long as ours, from a route that asks nothing. */
const BODY = JSON.stringify({ padding: 'x'.repeat(330) });

function bare() {
  const app = express();
  app.get('/v1/me', (_req, res) => {
    res.type('json').send(BODY);
  });
  return app;
}

async function auth0() {
  const jwk = {
    ...(await exportJWK(createPublicKey(googleKey.publicPem))),
    kid: googleKey.kid,
    alg: 'RS256',
    use: 'sig',
  };
  const keys = createServer((_req, res) => res.end(JSON.stringify({ keys: [jwk] }))).listen(0, '127.0.0.1');
  await new Promise((resolve) => keys.once('listening', resolve));
  const { port } = keys.address() as AddressInfo;
  const app = express();
  app.use(
    auth({
      issuer: ISSUER,
      audience: PROJECT,
      jwksUri: `http://127.0.0.1:${port}/`,
      tokenSigningAlg: 'RS256',
    }),
  );
  app.get('/v1/me', (_req, res) => {
    res.type('json').send(BODY);
  });
  return app;
}

const contenders = { gatehouse, bare, 'express-oauth2-jwt-bearer': auth0 };
const app = await contenders[process.argv[2] as keyof typeof contenders]();
const server = createServer(app).listen(0, '127.0.0.1', () => {
  process.send?.({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/me`, token });
});
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ calls: askedOfGoogle(), cpu: user + system } satisfies Usage);
});
