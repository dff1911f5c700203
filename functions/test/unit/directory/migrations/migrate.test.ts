import assert from 'node:assert/strict';
import { migrate } from '../../../../src/directory/migrations/migrate.ts';
import type { Migration } from '../../../../src/directory/migrations/migration.ts';
import { openTestDirectory, type TestDirectory } from '../../../helpers/test-directory.ts';

let access: TestDirectory;
type Options = Parameters<typeof migrate>[1];

const start = (options: Options) => migrate({ ...access, open: access.firestore.open }, options);
async function run(options: Options): Promise<string[]> {
  const steps = [];
  for await (const { migration, cursor } of start(options)) steps.push(`${migration.version}:${cursor}`);
  return steps;
}
const schema = async () => (await access.firestore.db.doc('system/schema').get()).data();
const version = async () => (await schema())?.version;

/** Steps through the letters a to c, and writes each into `letters/<version>-<letter>`. @param before runs before a step */
function letters(
  version: number,
  before: (letter: string) => void | Promise<void> = () => undefined,
): Migration {
  return {
    version,
    summary: `letters ${version}`,
    async step({ open }, cursor = '', { dryRun }) {
      const letter = { '': 'a', a: 'b', b: 'c' }[cursor] ?? assert.fail(cursor);
      await before(letter);
      const { db } = await open();
      if (!dryRun) await db.doc(`letters/${version}-${letter}`).set({ done: true });
      return { read: 1, changed: 1, cursor: letter === 'c' ? undefined : letter };
    },
  };
}
const written = async () =>
  (await access.firestore.db.collection('letters').get()).docs.map(({ id }) => id).toSorted();

describe('migrate', () => {
  beforeEach(async () => {
    access = await openTestDirectory();
  });
  afterEach(() => access.close());

  const both = [letters(1), letters(2)];

  it('runs what is missing, in order, and stores the version', async () => {
    assert.deepEqual(await run({ migrations: [letters(1)] }), ['1:a', '1:b', '1:undefined']);
    assert.equal(await version(), 1);
    assert.deepEqual(await run({ migrations: both }), ['2:a', '2:b', '2:undefined']);
    assert.deepEqual(Object.keys((await schema()) ?? {}).sort(), ['updated', 'version']);
    assert.equal(await version(), 2);
    assert.deepEqual(await run({ migrations: both }), []);
    assert.equal((await run({ migrations: both, restart: true })).length, 6);
  });

  it('goes on after the last stored step when a run was killed, once its lease has ended', async () => {
    const killed = start({ migrations: both });
    for (let step = 0; step < 5; step++) await killed.next();
    assert.deepEqual(await written(), ['1-a', '1-b', '1-c', '2-a', '2-b']);
    await assert.rejects(
      run({ migrations: both }),
      /Another run is under way, or was cut short: .* 1[78]\d s/,
    );
    access.clock.move(181_000);
    assert.deepEqual(await run({ migrations: both }), ['2:undefined']);
    assert.equal(await version(), 2);
  });

  it('repeats a step that failed, without a wait', async () => {
    let isBroken = true;
    const failing = letters(1, (letter) => {
      if (letter === 'b' && isBroken) throw new Error('broken');
    });
    await assert.rejects(run({ migrations: [failing] }), /broken/);
    assert.equal(await version(), 0);
    isBroken = false;
    assert.deepEqual(await run({ migrations: [failing] }), ['1:b', '1:undefined']);
  });

  it('lets one of several runs migrate at a time', async () => {
    const { promise: othersEnded, resolve: end } = Promise.withResolvers<void>();
    const waiting = letters(1, () => othersEnded);
    const runs = [1, 2, 3].map(() => run({ migrations: [waiting] }));
    let refused = 0;
    for (const one of runs) {
      one.catch(() => {
        refused++;
        if (refused === 2) end();
      });
    }
    const results = await Promise.allSettled(runs);
    assert.deepEqual([refused, results.length, await version()], [2, 3, 1]);
  });

  it('ends a run that was paused for longer than its lease, and keeps what the other has stored', async () => {
    const paused = start({ migrations: both });
    await paused.next();
    access.clock.move(181_000);
    await run({ migrations: both });
    await assert.rejects(paused.next(), /Another run has taken over/);
    assert.deepEqual([await version(), (await schema())?.lease], [2, undefined]);
  });

  it('writes nothing in a dry run, also while another run is under way', async () => {
    assert.equal((await run({ migrations: both, dryRun: true })).length, 6);
    assert.deepEqual([await written(), await schema()], [[], undefined]);
    await start({ migrations: both }).next();
    const before = await schema();
    assert.equal((await run({ migrations: both, dryRun: true })).length, 5);
    assert.deepEqual(await schema(), before);
  });

  it('refuses data of a newer version, and a damaged version', async () => {
    const ref = access.firestore.db.doc('system/schema');
    await ref.set({ version: 3 });
    await assert.rejects(run({ migrations: both }), /The data has version 3, and this code knows 2/);
    await ref.set({ version: '2' });
    await assert.rejects(run({ migrations: both }), /system\/schema is damaged/);
  });
});
