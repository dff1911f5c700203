import { createPublicKey, verify as verifySignature } from 'node:crypto';
import { createRequire } from 'node:module';
import { authenticate } from '../functions/src/authn/authenticate.ts';
import { loadConfig } from '../functions/src/config.ts';
import { createDeps } from '../functions/src/deps.ts';
import { googleKey, mintIdToken, openGoogle, PROJECT } from '../functions/test/helpers/google.ts';
import { openFirestoreAt, startFirestoreProcess } from './firestore.ts';
import { microseconds, type Result, us } from './measure.ts';

const CALLS = 300;
// The functions' own copy: the one that verifies there.
const { getAuth } = createRequire(new URL('../functions/package.json', import.meta.url))(
  'firebase-admin/auth',
);

/** The first sight of a token, against the bare signature check and against firebase-admin alone. */
export async function verify(): Promise<Result[]> {
  const google = await openGoogle();
  const firestore = await startFirestoreProcess();
  const deps = createDeps(loadConfig({ GCLOUD_PROJECT: PROJECT }), {
    app: google.app,
    firestore: openFirestoreAt(firestore.host),
  });
  // One authenticator without the cache and the account look-up around it is firebase-admin and our guard; two rounds
  // of distinct tokens keep each measurement a first sight.
  const tokens = await Promise.all(
    Array.from({ length: CALLS * 8 }, (_, jti) => mintIdToken({ jti: String(jti) })),
  );
  const at = (index: number) => tokens[index % tokens.length] ?? '';

  const key = createPublicKey(googleKey.publicPem);
  const bare = await microseconds(
    (index) => {
      const token = at(index);
      const end = token.lastIndexOf('.');
      verifySignature(
        'sha256',
        Buffer.from(token.slice(0, end)),
        key,
        Buffer.from(token.slice(end + 1), 'base64url'),
      );
    },
    { calls: CALLS },
  );
  const admin = await microseconds((index) => getAuth(google.app).verifyIdToken(at(index)), { calls: CALLS });
  const ours = await microseconds(
    (index) => authenticate(deps, { kind: 'bearer', token: at(index) }, { fresh: false }),
    { calls: CALLS },
  );
  await google.close();
  firestore.stop();

  const budget = 1.5 * bare + (admin - bare);
  return [
    { what: 'crypto.verify, the signature alone', value: us(bare), budget: '', kept: true },
    { what: 'firebase-admin verifyIdToken', value: us(admin), budget: '', kept: true },
    {
      what: 'first sight of a token, all of it',
      value: us(ours),
      budget: `≤ ${us(budget)}`,
      kept: ours <= budget,
    },
  ];
}
