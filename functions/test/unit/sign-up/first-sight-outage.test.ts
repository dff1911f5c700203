import assert from 'node:assert/strict';
import { unavailable } from '../../../src/core/errors.ts';
import { createFirstSight } from '../../../src/sign-up/first-sight.ts';
import { openTestDirectory, type TestDirectory } from '../../helpers/test-directory.ts';

let access: TestDirectory;
/** The calls of Firestore that have no answer yet. */
let asked: ((answer: 'found' | 'failed') => void)[];

const shownOf = (uid: string) => ({
  ...{ uid, email: `${uid}@example.com`, emailVerified: true, signInProvider: 'password' },
  ...{ phoneNumber: undefined, displayName: undefined, photoUrl: undefined, providers: [] },
});

/** Sees tokens of Ann. Each call of Firestore waits for the test. */
async function openFirstSight() {
  access = await openTestDirectory([['ann', {}]]);
  const { platform, audit, directory } = access;
  asked = [];
  const find = (uid: string) =>
    new Promise<'found' | 'failed'>((resolve) => asked.push(resolve)).then((answer) => {
      if (answer === 'failed') throw unavailable('no answer');
      return directory.find(uid);
    });
  const { see } = createFirstSight({ ...platform, audit, directory: { ...directory, find } });
  return () => see(shownOf('ann'));
}

/** An account without roles, or with another name than the directory has. */
const NEW = { claims: {} };
const RENAMED = { displayName: 'Ann' };

describe('the first verification of a token while its entry is locked', () => {
  afterEach(() => access.close());

  for (const [what, facts] of [
    ['a new user', NEW],
    ['a user with a new name', RENAMED],
  ] as const) {
    it(`does not affect the tokens of other users: ${what}`, async () => {
      access = await openTestDirectory([
        ['ann', facts],
        ['bob', {}],
      ]);
      const { platform, audit, directory } = access;
      await directory.records.read('bob');
      const change = ({ uid }: { uid: string }) =>
        assert.equal(uid, 'ann') ?? Promise.reject(unavailable('directory.change: too many attempts'));
      const { see } = createFirstSight({ ...platform, audit, directory: { ...directory, change } });
      assert.equal(await see(shownOf('ann')), undefined);
      assert.equal((await see(shownOf('bob')))?.rolesVersion, 1);
    });
  }
});

describe('the first verification of a token while Firestore does not answer', () => {
  afterEach(() => access.close());

  it('holds up one request at a time, and none for a second after each failure', async () => {
    const see = await openFirstSight();
    const first = see();
    asked[0]?.('failed');
    assert.equal(await first, undefined);
    access.clock.move(999);
    assert.equal(await see(), undefined);
    assert.equal(asked.length, 1);
    access.clock.move(1);
    const second = see();
    // These do not wait for an answer.
    assert.deepEqual(await Promise.all([see(), see(), see()]), [undefined, undefined, undefined]);
    assert.equal(asked.length, 2);
    asked[1]?.('failed');
    assert.equal(await second, undefined);
    assert.equal(await see(), undefined);
    assert.equal(asked.length, 2);
  });

  it('asks for every token again after the first answer', async () => {
    const see = await openFirstSight();
    const first = see();
    asked[0]?.('failed');
    await first;
    access.clock.move(1_000);
    const second = see();
    asked[1]?.('found');
    assert.equal((await second)?.rolesVersion, 1);
    const both = [see(), see()];
    for (const answer of asked) answer('found');
    assert.deepEqual(
      (await Promise.all(both)).map((record) => record?.rolesVersion),
      [1, 1],
    );
  });

  it('asks again later when the request that asked never got an answer', async () => {
    const see = await openFirstSight();
    const first = see();
    asked[0]?.('failed');
    await first;
    access.clock.move(1_000);
    void see();
    access.clock.move(3_999);
    assert.equal(await see(), undefined);
    access.clock.move(1);
    const third = see();
    asked[2]?.('found');
    assert.equal((await third)?.rolesVersion, 1);
    asked[1]?.('found');
  });
});
