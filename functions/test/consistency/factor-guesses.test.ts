import assert from 'node:assert/strict';
import { generate } from 'otplib';
import { startTestFirestore } from '../helpers/firestore.ts';
import { type AuthServer, openAuthServer, syncedAccount } from './auth-server.ts';
import { connectBackends } from './backends.ts';
import { emulatorToken, type FrameworkInstance, startInstance } from './framework-instance.ts';
import { claimsFor } from './invariants.ts';
import { entryOf, seed } from './seed.ts';

const PROJECT = 'demo-factor-guesses';
const UID = 'guessed';

describe('codes of an authenticator app on two processes', function () {
  this.timeout(120_000);
  let firestore: Awaited<ReturnType<typeof startTestFirestore>>;
  let auth: AuthServer;
  const instances: FrameworkInstance[] = [];
  const entry = entryOf(UID, ['member']);
  const token = emulatorToken(PROJECT, UID, claimsFor(entry));

  before(async () => {
    [firestore, auth] = await Promise.all([startTestFirestore({}), openAuthServer()]);
    auth.accounts.set(UID, syncedAccount(entry));
    const addresses = { firestore: firestore.host, database: PROJECT, auth: auth.port, project: PROJECT };
    const backends = connectBackends(addresses);
    await seed(backends.db, [entry]);
    await backends.close();
    const settings = { firestore: firestore.host, auth: auth.port, project: PROJECT, maxAge: 2 };
    instances.push(...(await Promise.all([startInstance(settings), startInstance(settings)])));
  });
  after(async () => {
    await Promise.all(instances.map((instance) => instance.stop()));
    await Promise.all([firestore.stop(), auth.close()]);
  });

  const send = async (n: number, path: string, body: object) => {
    const { port } = instances[n % 2] ?? assert.fail();
    const response = await fetch(`http://127.0.0.1:${port}/v1${path}`, {
      method: 'POST',
      headers: {
        ...{ Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
        ...{ 'X-Forwarded-Proto': 'https', 'X-Forwarded-For': `203.0.113.${n}` },
      },
      body: JSON.stringify(body),
    });
    const answer = (await response.json()) as { readonly code?: string; readonly secret?: string };
    return { status: response.status, body: answer };
  };

  it('compare five of 100 guesses, and then not even the right code', async () => {
    const { secret = '' } = (await send(0, '/me/factors/totp', {})).body;
    const code = await generate({ secret });
    const enrolled = await send(1, '/me/factors/totp/confirm', { code });
    assert.equal(enrolled.status, 200, JSON.stringify(enrolled.body));
    const wrong = code === '000000' ? '111111' : '000000';
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, n) => send(n, '/me/step-up', { totp: wrong })),
    );
    const count = (expected: string) => answers.filter(({ body }) => body.code === expected).length;
    assert.deepEqual([count('invalid_factor'), count('rate_limited')], [5, 95]);
    const totp = await generate({ secret, epoch: Math.floor(Date.now() / 1000) + 30 });
    assert.equal((await send(0, '/me/step-up', { totp })).body.code, 'rate_limited');
  });
});
