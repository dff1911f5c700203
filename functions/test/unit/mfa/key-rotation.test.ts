import assert from 'node:assert/strict';
import { generate } from 'otplib';
import type { MfaKeys } from '../../../src/core/mfa-keys.ts';
import { toDocument as toEntry } from '../../../src/directory/entry-document.ts';
import { rotateKeys } from '../../../src/mfa/rotate-keys.ts';
import { actor } from '../../helpers/actor.ts';
import { type Instance, useTestInstance } from '../../helpers/instance.ts';
import { createMovableClock, entryOf } from '../../helpers/test-directory.ts';

const key = (id: string, byte: number) => ({ id, secret: Buffer.alloc(32, byte).toString('base64url') });
const OLD = key('old', 1);
const NEW = key('new', 2);
const envOf = (...keys: MfaKeys) => ({
  MFA_ENCRYPTION_KEYS: keys.map(({ id, secret }) => `${id}:${secret}`).join(),
});

describe('key rotation', () => {
  const clock = createMovableClock();
  const test = useTestInstance('each', { clock, env: envOf(OLD) });

  async function enrol(instance: Instance, user: string): Promise<string> {
    await test.firestore.db.doc(`directory/${user}`).set(toEntry(entryOf(user)));
    const { enrolment } = instance.mfa;
    const { secret } = await enrolment.start(actor(user, []), 'phone');
    const epoch = Math.floor(clock() / 1000);
    await enrolment.confirm(actor(user, []), await generate({ secret, epoch }), { user, address: user });
    return secret;
  }

  async function prove(instance: Instance, user: string, secret: string): Promise<void> {
    const epoch = Math.floor(clock() / 1000);
    const prover = { user, address: user, principal: actor(user, []).principal };
    const proof = await instance.mfa.proveTotp(prover, await generate({ secret, epoch }));
    const firestore = await test.firestore.open();
    await firestore.db.runTransaction(async (tx) => (await proof.part(firestore, tx))());
  }

  async function rotate(keys: MfaKeys, options: Parameters<typeof rotateKeys>[1] = {}) {
    const total = { rotated: 0, failed: [] as string[], pages: 0 };
    for await (const page of rotateKeys({ open: test.firestore.open, keys }, { batch: 3, ...options })) {
      total.rotated += page.rotated;
      total.failed.push(...page.failed);
      total.pages += 1;
    }
    return total;
  }
  const keyIds = async () =>
    (await test.firestore.db.collection('factors').get()).docs.map((document) => document.get('keyId'));

  it('encrypts all secrets with the first key, in pages; the old key is not needed any more', async () => {
    const users = Array.from({ length: 7 }, (_, n) => `user${n}`);
    const secrets = await Promise.all(users.map((user) => enrol(test.instance, user)));
    assert.deepEqual(await rotate([NEW, OLD], { dryRun: true }), { rotated: 7, failed: [], pages: 3 });
    assert.deepEqual(new Set(await keyIds()), new Set(['old']));
    assert.deepEqual(await rotate([NEW, OLD]), { rotated: 7, failed: [], pages: 6 });
    assert.deepEqual(await rotate([NEW, OLD]), { rotated: 0, failed: [], pages: 3 });
    assert.deepEqual(new Set(await keyIds()), new Set(['new']));
    const last = test.another({ env: envOf(NEW) });
    clock.move(60_000);
    for (const [n, user] of users.entries()) await prove(last, user, secrets[n] ?? '');
  });

  it('goes on where a run was stopped', async () => {
    for (const user of ['ada', 'bob', 'cyd', 'dan']) await enrol(test.instance, user);
    for await (const page of rotateKeys({ open: test.firestore.open, keys: [NEW, OLD] }, { batch: 1 })) {
      assert.equal(page.rotated, 1);
      break;
    }
    assert.equal((await rotate([NEW, OLD])).rotated, 3);
  });

  it('names the factors that none of the keys decrypts, and leaves them', async () => {
    await enrol(test.instance, 'ada');
    const [document] = (await test.firestore.db.collection('factors').get()).docs;
    const { rotated, failed } = await rotate([NEW]);
    assert.deepEqual([rotated, new Set(failed)], [0, new Set([document?.id])]);
    assert.equal((await rotate([NEW, OLD])).rotated, 1);
  });

  it('loses nothing while users enrol and prove codes on instances before and after', async () => {
    const before = test.another({ env: envOf(OLD, NEW) });
    const after = test.another({ env: envOf(NEW, OLD) });
    const secrets = new Map<string, string>();
    for (const user of ['ada', 'bob', 'cyd']) secrets.set(user, await enrol(test.instance, user));
    clock.move(60_000);
    const work = async () => {
      for (let round = 0; round < 4; round += 1) {
        const known = [...secrets];
        const joining = `user${round}`;
        const instance = round < 2 ? before : after;
        await Promise.all([
          ...known.map(([user, secret], n) => prove(n % 2 ? before : after, user, secret)),
          enrol(instance, joining).then((secret) => secrets.set(joining, secret)),
        ]);
        clock.move(60_000);
      }
    };
    let working = true;
    const worked = work().finally(() => {
      working = false;
    });
    let rotated = 0;
    while (working) rotated += (await rotate([NEW, OLD], { batch: 2 })).rotated;
    await worked;
    rotated += (await rotate([NEW, OLD])).rotated;
    assert.ok(rotated >= 3);
    assert.deepEqual(new Set(await keyIds()), new Set(['new']));
    const last = test.another({ env: envOf(NEW) });
    clock.move(60_000);
    for (const [user, secret] of secrets) await prove(last, user, secret);
    assert.equal(secrets.size, 7);
  });
});
