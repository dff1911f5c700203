import { createPublicKey } from 'node:crypto';
import { JwtVerifier } from 'aws-jwt-verify';
import { createVerifier } from 'fast-jwt';
import { createLocalJWKSet, exportJWK, jwtVerify } from 'jose';
import jwt from 'jsonwebtoken';
import { authenticate } from '../functions/src/authn/authenticate.ts';
import { decide } from '../functions/src/authz/decide.ts';
import { loadConfig } from '../functions/src/config.ts';
import { createDeps } from '../functions/src/deps.ts';
import { googleKey, ISSUER, mintIdToken, openGoogle, PROJECT } from '../functions/test/helpers/google.ts';
import { openFirestoreAt, startFirestoreProcess } from './firestore.ts';
import { microseconds, type Result, times, us } from './measure.ts';

/** A token that was seen before: hash, cache, expiry, revocation and decision, against the peers' repeat verification. */
export async function recognise(): Promise<Result[]> {
  const google = await openGoogle();
  const firestore = await startFirestoreProcess();
  const deps = createDeps(loadConfig({ GCLOUD_PROJECT: PROJECT }), {
    app: google.app,
    firestore: openFirestoreAt(firestore.host),
  });
  const token = await mintIdToken({ roles: ['member'], rv: 1 });
  const ours = await microseconds(
    async () => decide(await authenticate(deps, { kind: 'bearer', token }, { fresh: false }), 'notes:read'),
    { calls: 20_000 },
  );
  await google.close();
  firestore.stop();

  const key = createPublicKey(googleKey.publicPem);
  const jwk = { ...(await exportJWK(key)), kid: googleKey.kid, alg: 'RS256', use: 'sig' } as const;
  const keys = createLocalJWKSet({ keys: [jwk] });
  const expected = { issuer: ISSUER, audience: PROJECT };
  const fast = createVerifier({
    key: googleKey.publicPem,
    cache: true,
    allowedIss: ISSUER,
    allowedAud: PROJECT,
  });
  const aws = JwtVerifier.create({
    issuer: ISSUER,
    audience: PROJECT,
    jwksUri: 'https://127.0.0.1/never-asked',
  });
  aws.cacheJwks({ keys: [jwk as never] });
  const peers = {
    jsonwebtoken: await microseconds(() => jwt.verify(token, key, { ...expected, algorithms: ['RS256'] }), {
      calls: 2_000,
    }),
    'fast-jwt, cached': await microseconds(() => fast(token), { calls: 2_000 }),
    'aws-jwt-verify': await microseconds(() => aws.verify(token), { calls: 2_000 }),
    jose: await microseconds(() => jwtVerify(token, keys, expected), { calls: 2_000 }),
  };
  const fastest = Math.min(...Object.values(peers));
  return [
    { what: 'recognise a token seen before', value: us(ours), budget: '≤ 5 µs', kept: ours <= 5 },
    ...Object.entries(peers).map(([name, value]) => ({
      what: `  ${name}, verifying it again`,
      value: us(value),
      budget: value === fastest ? '≥ 10× ours' : '',
      kept: value !== fastest || value >= 10 * ours,
    })),
    {
      what: '  the fastest peer takes',
      value: times(fastest / ours),
      budget: '≥ 10×',
      kept: fastest >= 10 * ours,
    },
  ];
}
